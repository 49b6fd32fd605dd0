package io.espejo.servlet;

import jakarta.servlet.ServletContext;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The pairs of an HTML form that was read here, and not by the container, so that the copies have
 * its very bytes (the setting {@code forms: exact}).
 *
 * <p>They come after those that the container has: of the query, and of a dispatch.
 */
final class ExactForm {
  private final Map<String, List<String>> pairs;

  private ExactForm(Map<String, List<String>> pairs) {
    this.pairs = pairs;
  }

  /** What a container makes of nothing beside an {@code &}. */
  enum EmptyPair {
    LEFT_OUT,
    /** A pair without a name, but not behind the last. */
    KEPT,
    /** The same, behind the last, too. */
    KEPT_AT_THE_END
  }

  /** What a container makes of a pair that has a value and no name. */
  enum Nameless {
    KEPT,
    LEFT_OUT,
    REFUSED
  }

  /**
   * How large a form may be; beyond it, the application's call fails as with a container.
   *
   * @param maxBytes of the body
   * @param maxParameters pairs in it
   * @param standard the charset of a request that names none
   * @param emptyPair what becomes of {@code &&}
   * @param nameless what becomes of {@code =value}
   */
  record Settings(
      int maxBytes, int maxParameters, Charset standard, EmptyPair emptyPair, Nameless nameless) {
    /** Those of the filter, if forms are to be exact. */
    static Optional<Settings> of(FilterSettings settings, ServletContext context) {
      String forms = settings.find("forms").orElse("rebuilt");
      if (forms.equals("rebuilt")) {
        return Optional.empty();
      }
      if (!forms.equals("exact")) {
        throw new IllegalArgumentException("forms: '" + forms + "' (expected: rebuilt or exact)");
      }
      // Each container reads a form as it does without us.
      Container container = Container.of(context);
      return Optional.of(
          new Settings(
              settings.positive("forms.maxBytes", 2 * 1024 * 1024),
              settings.positive("forms.maxParameters", 1000),
              switch (container) {
                case TOMCAT, WILDFLY, OPEN_LIBERTY -> StandardCharsets.ISO_8859_1;
                case JETTY, OTHER -> StandardCharsets.UTF_8;
              },
              switch (container) {
                case OPEN_LIBERTY -> EmptyPair.KEPT_AT_THE_END;
                case WILDFLY, JETTY -> EmptyPair.KEPT;
                case TOMCAT, OTHER -> EmptyPair.LEFT_OUT;
              },
              container != Container.TOMCAT
                  ? Nameless.KEPT
                  : context.getServerInfo().startsWith("Apache Tomcat/10.")
                      ? Nameless.LEFT_OUT
                      : Nameless.REFUSED));
    }

    private Charset charset(@Nullable String named) {
      try {
        return named == null ? standard : Charset.forName(named);
      } catch (IllegalArgumentException unknown) {
        return standard;
      }
    }
  }

  /**
   * Reads a body to its end.
   *
   * @param encoding as the application has it; null if it names none
   * @throws IllegalStateException as Servlet 6.1 has it for parameters that cannot be read: it is
   *     too large, cut short, or not url-encoded
   */
  static ExactForm read(InputStream body, @Nullable String encoding, Settings settings) {
    Charset charset = settings.charset(encoding);
    byte[] bytes;
    try {
      bytes = body.readNBytes(settings.maxBytes());
      if (bytes.length == settings.maxBytes() && body.read() >= 0) {
        throw new IllegalStateException(
            "the form has more than forms.maxBytes, " + settings.maxBytes() + " bytes");
      }
    } catch (IOException cut) {
      throw new IllegalStateException("the form could not be read", cut);
    }
    String text = new String(bytes, charset);
    boolean one = settings.emptyPair() == EmptyPair.KEPT_AT_THE_END && text.endsWith("&");
    return parse(one ? text + "&" : text, charset, settings);
  }

  private static ExactForm parse(String text, Charset charset, Settings settings) {
    Map<String, List<String>> pairs = new LinkedHashMap<>();
    int count = 0;
    for (int from = 0; from < text.length(); ) {
      int end = text.indexOf('&', from);
      String pair = text.substring(from, end < 0 ? text.length() : end);
      from += pair.length() + 1;
      int equals = pair.indexOf('=');
      if (pair.isEmpty() && settings.emptyPair() == EmptyPair.LEFT_OUT) {
        continue;
      }
      if (equals == 0 && settings.nameless() != Nameless.KEPT) {
        if (settings.nameless() == Nameless.REFUSED) {
          throw new IllegalStateException("a pair of the form has no name");
        }
        continue;
      }
      count++;
      if (count > settings.maxParameters()) {
        throw new IllegalStateException(
            "the form has more than forms.maxParameters, " + settings.maxParameters());
      }
      String name = decoded(equals < 0 ? pair : pair.substring(0, equals), charset);
      String value = equals < 0 ? "" : decoded(pair.substring(equals + 1), charset);
      pairs.computeIfAbsent(name, first -> new ArrayList<>(1)).add(value);
    }
    return new ExactForm(pairs);
  }

  private static String decoded(String text, Charset charset) {
    try {
      return URLDecoder.decode(text, charset);
    } catch (IllegalArgumentException badEscape) {
      throw new IllegalStateException("the form is not url-encoded", badEscape);
    }
  }

  /** The container's values of a name, then the form's; null if there are none. */
  String @Nullable [] values(String name, String @Nullable [] containers) {
    List<String> own = pairs.get(name);
    if (own == null) {
      return containers;
    }
    List<String> all = new ArrayList<>(containers == null ? List.of() : Arrays.asList(containers));
    all.addAll(own);
    return all.toArray(String[]::new);
  }

  /** The same of all names. */
  Map<String, String[]> map(Map<String, String[]> containers) {
    Map<String, String[]> all = new LinkedHashMap<>();
    for (String name : names(containers.keySet())) {
      String[] values = values(name, containers.get(name));
      if (values != null) {
        all.put(name, values);
      }
    }
    return Collections.unmodifiableMap(all);
  }

  /** The container's names, then the form's. */
  Enumeration<String> names(Enumeration<String> containers) {
    return Collections.enumeration(names(Collections.list(containers)));
  }

  private Set<String> names(Iterable<String> containers) {
    Set<String> all = new LinkedHashSet<>();
    containers.forEach(all::add);
    all.addAll(pairs.keySet());
    return all;
  }
}
