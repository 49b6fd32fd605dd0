package io.espejo.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The tables of {@code docs/outcomes.md}: what they say is what the tests expect.
 *
 * <pre>{@code
 * OutcomesPage.read().table("v1 fails, the client stays").get("is down").get("length")
 * }</pre>
 *
 * @param lines of the page
 */
public record OutcomesPage(List<String> lines) {
  public OutcomesPage {
    lines = List.copyOf(lines);
  }

  /** Reads it, wherever below the project's directory the tests run. */
  public static OutcomesPage read() throws IOException {
    for (Path dir = Path.of("").toAbsolutePath(); dir != null; dir = dir.getParent()) {
      Path page = dir.resolve("docs/outcomes.md");
      if (Files.exists(page)) {
        return new OutcomesPage(Files.readAllLines(page));
      }
    }
    throw new IOException("no docs/outcomes.md above " + Path.of("").toAbsolutePath());
  }

  /** The first table under a heading: each row by its first cell, its cells by their columns. */
  public Map<String, Map<String, String>> table(String heading) {
    Map<String, Map<String, String>> rows = new LinkedHashMap<>();
    List<String> columns = List.of();
    boolean under = false;
    for (String line : lines) {
      if (line.startsWith("#")) {
        under = line.replaceFirst("^#+ ", "").equals(heading);
      } else if (under && line.startsWith("|") && !line.startsWith("|--")) {
        List<String> cells = cells(line);
        if (columns.isEmpty()) {
          columns = cells;
        } else {
          Map<String, String> row = new LinkedHashMap<>();
          for (int i = 1; i < columns.size(); i++) {
            row.put(columns.get(i), cells.get(i));
          }
          rows.put(cells.get(0), row);
        }
      } else if (under && !rows.isEmpty()) {
        break;
      }
    }
    if (rows.isEmpty()) {
      throw new IllegalArgumentException("no table under " + heading);
    }
    return rows;
  }

  private static List<String> cells(String line) {
    List<String> cells = new ArrayList<>();
    Arrays.stream(line.substring(1, line.length() - 1).split("\\|", -1))
        .map(cell -> cell.replace("`", "").strip())
        .forEach(cells::add);
    return cells;
  }
}
