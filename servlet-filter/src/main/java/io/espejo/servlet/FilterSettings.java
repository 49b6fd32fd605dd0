package io.espejo.servlet;

import io.espejo.Settings;
import io.espejo.config.ConfigSource;
import io.espejo.config.RuleFile;
import jakarta.servlet.FilterConfig;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The filter's settings, from wherever an operator may put them. */
final class FilterSettings {
  private final ServletContext context;
  private final Function<String, @Nullable String> initParams;

  FilterSettings(FilterConfig config) {
    this(config.getServletContext(), config::getInitParameter);
  }

  /** Those of an application whose filter is not there yet. */
  FilterSettings(ServletContext context) {
    this(context, name -> null);
  }

  private FilterSettings(ServletContext context, Function<String, @Nullable String> initParams) {
    this.context = context;
    this.initParams = initParams;
  }

  /** The first of: system property, environment, init-param, context-param; a blank one is none. */
  Optional<String> find(String name) {
    return said(Settings.ofProcess(name))
        .or(() -> said(Optional.ofNullable(initParams.apply(name))))
        .or(() -> said(Optional.ofNullable(context.getInitParameter("espejo." + name))));
  }

  private static Optional<String> said(Optional<String> text) {
    return text.filter(its -> !its.isBlank());
  }

  /** A number above 0. */
  int positive(String name, int standard) {
    Optional<String> text = find(name);
    if (text.isEmpty()) {
      return standard;
    }
    try {
      int number = Integer.parseInt(text.get());
      if (number > 0) {
        return number;
      }
    } catch (NumberFormatException notANumber) {
      // Falls through to the same complaint.
    }
    throw new IllegalArgumentException(
        name + ": '" + text.get() + "' (expected: a number above 0)");
  }

  /** Where the rules are. */
  ConfigSource rules() throws ServletException {
    String rules =
        find("rules")
            .orElseThrow(
                () ->
                    new ServletException(
                        "rules: not set (expected: a path in the WAR, a file, a directory or"
                            + " classpath:...)"));
    if (rules.startsWith("/") && !Files.exists(Path.of(rules))) {
      String real = context.getRealPath(rules);
      if (real != null && Files.exists(Path.of(real))) {
        return ConfigSource.path(Path.of(real));
      }
      if (inWar(context, rules)) {
        return new WarSource(context, rules);
      }
    }
    return ConfigSource.named(rules, context.getClassLoader());
  }

  static boolean inWar(ServletContext context, String rules) {
    Set<String> below = context.getResourcePaths(rules.endsWith("/") ? rules : rules + "/");
    if (below != null && !below.isEmpty()) {
      return true;
    }
    try (InputStream found = context.getResourceAsStream(rules)) {
      return found != null;
    } catch (IOException unreadable) {
      return false;
    }
  }

  /** Rules in a WAR that the container has not unpacked; they never change. */
  private record WarSource(ServletContext context, String path) implements ConfigSource {
    @Override
    public List<RuleFile> read() throws IOException {
      Set<String> below = context.getResourcePaths(path.endsWith("/") ? path : path + "/");
      Set<String> names = new TreeSet<>(below == null ? Set.of() : below);
      names.removeIf(name -> !name.matches(".*\\.(yaml|yml|json)"));
      if (names.isEmpty()) {
        names = Set.of(path);
      }
      List<RuleFile> files = new ArrayList<>();
      for (String name : names) {
        try (InputStream content = context.getResourceAsStream(name)) {
          if (content == null) {
            throw new IOException(name + ": not in the WAR");
          }
          files.add(new RuleFile(name, content.readAllBytes()));
        }
      }
      return files;
    }

    @Override
    public String description() {
      return path + " in the WAR";
    }
  }
}
