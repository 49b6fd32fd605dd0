package io.espejo.config;

import java.util.LinkedHashMap;
import java.util.Map;

/** Reading of labels. */
final class Labels {
  private Labels() {}

  static Map<String, String> read(Fields fields) {
    return read(fields, "labels");
  }

  static Map<String, String> read(Fields fields, String field) {
    Map<String, String> labels = new LinkedHashMap<>();
    fields
        .take(field)
        .ifPresent(
            value ->
                value
                    .map()
                    .forEach(
                        (key, label) -> {
                          if (!Names.isLabelKey(key)) {
                            label.error("not a label's name");
                          }
                          label.text().ifPresent(text -> labels.put(key, checked(label, text)));
                        }));
    return labels;
  }

  private static String checked(Value label, String text) {
    if (!Names.isLabelValue(text)) {
      label.refuse("a label's value");
    }
    return text;
  }
}
