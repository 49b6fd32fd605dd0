package io.espejo.config;

import java.util.Arrays;

/**
 * A file of rules, read.
 *
 * @param name as messages show it
 * @param content YAML or JSON in UTF-8; not to be changed by anybody
 */
@SuppressWarnings("ArrayRecordComponent") // compared by content: see equals
public record RuleFile(String name, byte[] content) {
  @Override
  public boolean equals(Object other) {
    return other instanceof RuleFile file
        && file.name.equals(name)
        && Arrays.equals(file.content, content);
  }

  @Override
  public int hashCode() {
    return 31 * name.hashCode() + Arrays.hashCode(content);
  }

  @Override
  public String toString() {
    return "RuleFile[" + name + ", " + content.length + " bytes]";
  }
}
