package io.espejo;

import io.espejo.config.LocalService;
import io.espejo.config.RulesOptions;
import io.espejo.mirror.MirrorLimits;
import io.espejo.proxy.PrimaryLimits;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What an operator may set, with the defaults of the documentation.
 *
 * <pre>{@code
 * Settings settings = Settings.from(name -> Optional.ofNullable(System.getProperty("espejo." + name)));
 * }</pre>
 *
 * @param rules how documents are read
 * @param instance names this process in the marker of copies
 * @param mirroringEnabled whether copies are sent at first
 * @param primaryConnectTimeout how long a connection to v1 may take to open
 * @param primaryMaxConnections to v1, per endpoint
 * @param primary what an exchange with v1 may take
 * @param shadowConnectTimeout how long a connection to v2 may take to open
 * @param shadowMaxConnections to v2, per endpoint
 * @param shadow what copies may take
 * @param trustedProxies whose forwarded headers are believed
 */
public record Settings(
    RulesOptions rules,
    String instance,
    boolean mirroringEnabled,
    Duration primaryConnectTimeout,
    int primaryMaxConnections,
    PrimaryLimits primary,
    Duration shadowConnectTimeout,
    int shadowMaxConnections,
    MirrorLimits shadow,
    TrustedProxies trustedProxies) {
  private static final Pattern NOT_IN_A_VARIABLE = Pattern.compile("[^A-Z0-9]");
  private static final Pattern INSTANCE = Pattern.compile("[A-Za-z0-9._-]{1,64}");

  /** Nothing is set. */
  public static final Settings DEFAULT = from(name -> Optional.empty());

  public Settings {
    if (!INSTANCE.matcher(instance).matches()) {
      throw new IllegalArgumentException(
          "instance: " + instance + " (expected: 1 to 64 letters, digits, dots, dashes)");
    }
  }

  /**
   * What the process says of a setting, which goes before what an application says: the system
   * property {@code espejo.NAME}, or else the environment variable {@code ESPEJO_NAME}, in upper
   * case and with all but letters and digits as underscores.
   */
  public static Optional<String> ofProcess(String name) {
    String variable =
        "ESPEJO_" + NOT_IN_A_VARIABLE.matcher(name.toUpperCase(Locale.ROOT)).replaceAll("_");
    return Optional.ofNullable(System.getProperty("espejo." + name))
        .or(() -> Optional.ofNullable(System.getenv(variable)));
  }

  /**
   * Settings by name; durations as {@code 250ms}, {@code 15s}, {@code 5m} or ISO 8601.
   *
   * @param lookup gives the text of a setting, or nothing for its default
   * @throws IllegalArgumentException naming the setting, its value and what was expected
   */
  public static Settings from(Function<String, Optional<String>> lookup) {
    Lookup settings = new Lookup(lookup);
    MirrorLimits shadow = MirrorLimits.DEFAULT;
    PrimaryLimits primary = PrimaryLimits.DEFAULT;
    int maxConnections = settings.number("primary.maxConnections", 1024);
    String namespace = settings.text("namespace", RulesOptions.DEFAULT.namespace());
    return new Settings(
        new RulesOptions(
            namespace,
            settings.words("ignoreKinds"),
            settings.wordsOr("gateways", RulesOptions.DEFAULT.gateways()),
            settings.pairs("labels"),
            settings.numberOrZero("port", 0),
            settings.find("local").map(text -> LocalService.parse(text, namespace))),
        settings.text("instance", "espejo"),
        settings.flag("mirroring.enabled", true),
        settings.duration("primary.connectTimeout", Duration.ofSeconds(10)),
        maxConnections,
        new PrimaryLimits(
            maxConnections + settings.number("primary.maxWaiting", 1024),
            settings.durationOrZero("primary.idleTimeout", primary.idleTimeout()),
            settings.numberOrZero("primary.retryBodyBytes", primary.retryBodyBytes()),
            settings.numberOrZero("primary.retryMemoryBytes", primary.retryMemoryBytes()),
            settings.durationOrZero("primary.closeTimeout", primary.closeTimeout()),
            settings.numberOrZero("primary.maxUpgrades", primary.maxUpgrades()),
            settings.durationOrZero("primary.upgradeIdleTimeout", primary.upgradeIdleTimeout())),
        settings.duration("shadow.connectTimeout", Duration.ofSeconds(1)),
        settings.number("shadow.maxConnections", 1024),
        new MirrorLimits(
            settings.number("shadow.maxInFlight", shadow.maxInFlight()),
            settings.bytes("shadow.maxLagBytes", 1, shadow.maxLagBytes()),
            settings.bytes("shadow.maxBodyBytes", 0, shadow.maxBodyBytes()),
            settings.bytes("shadow.maxMemoryBytes", 1, shadow.maxMemoryBytes()),
            settings.duration("shadow.waitTimeout", shadow.waitTimeout()),
            settings.duration("shadow.bodyTimeout", shadow.bodyTimeout()),
            settings.duration("shadow.answerTimeout", shadow.answerTimeout()),
            settings.bytes("shadow.maxAnswerBytes", 0, shadow.maxAnswerBytes()),
            settings.number("shadow.failuresToPause", shadow.failuresToPause()),
            settings.duration("shadow.pause", shadow.pause()),
            settings.duration("shadow.maxPause", shadow.maxPause()),
            settings.durationOrZero("shadow.closeTimeout", shadow.closeTimeout())),
        TrustedProxies.of(settings.words("trustedProxies")));
  }

  private record Lookup(Function<String, Optional<String>> texts) {
    private static final Pattern SHORT = Pattern.compile("(\\d{1,9})(ms|s|m|h)");

    /** A petabyte and more: sums of some of them still fit. */
    private static final long MOST_BYTES = 1L << 50;

    /** A hundred years: whoever counts in nanoseconds can add two of them. */
    private static final Duration LONGEST = Duration.ofDays(36_500);

    Optional<String> find(String name) {
      return texts.apply(name).map(String::trim).filter(text -> !text.isEmpty());
    }

    String text(String name, String otherwise) {
      return find(name).orElse(otherwise);
    }

    Set<String> words(String name) {
      return find(name).stream()
          .flatMap(text -> Arrays.stream(text.split("[,\\s]+")))
          .filter(word -> !word.isEmpty())
          .collect(Collectors.toUnmodifiableSet());
    }

    Set<String> wordsOr(String name, Set<String> otherwise) {
      Set<String> words = words(name);
      return words.isEmpty() ? otherwise : words;
    }

    /** {@code app=shop,version=v1}. */
    Map<String, String> pairs(String name) {
      Map<String, String> pairs = new HashMap<>();
      for (String word : words(name)) {
        int equals = word.indexOf('=');
        if (equals < 1) {
          throw wrong(name, word, "name=value");
        }
        pairs.put(word.substring(0, equals), word.substring(equals + 1));
      }
      return pairs;
    }

    boolean flag(String name, boolean otherwise) {
      return find(name)
          .map(
              text ->
                  switch (text.toLowerCase(Locale.ROOT)) {
                    case "true" -> true;
                    case "false" -> false;
                    default -> throw wrong(name, text, "true or false");
                  })
          .orElse(otherwise);
    }

    int number(String name, int otherwise) {
      return atLeast(name, 1, otherwise);
    }

    int numberOrZero(String name, int otherwise) {
      return atLeast(name, 0, otherwise);
    }

    long bytes(String name, long least, long otherwise) {
      return between(name, least, MOST_BYTES, otherwise);
    }

    private int atLeast(String name, int least, int otherwise) {
      return (int) between(name, least, Integer.MAX_VALUE, otherwise);
    }

    private long between(String name, long least, long most, long otherwise) {
      return find(name)
          .map(
              text -> {
                try {
                  long value = Long.parseLong(text);
                  if (value >= least && value <= most) {
                    return value;
                  }
                } catch (NumberFormatException notANumber) {
                  // answered below
                }
                throw wrong(name, text, least + ".." + most);
              })
          .orElse(otherwise);
    }

    Duration duration(String name, Duration otherwise) {
      Duration value = durationOrZero(name, otherwise);
      if (value.isZero()) {
        throw wrong(name, "0", "1ms or more");
      }
      return value;
    }

    Duration durationOrZero(String name, Duration otherwise) {
      return find(name).map(text -> parse(name, text)).orElse(otherwise);
    }

    private static Duration parse(String name, String text) {
      Duration value = read(name, text);
      if (value.compareTo(LONGEST) > 0) {
        throw wrong(name, text, "876000h or less");
      }
      return value;
    }

    private static Duration read(String name, String text) {
      Matcher matcher = SHORT.matcher(text);
      if (matcher.matches()) {
        long amount = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
          case "ms" -> Duration.ofMillis(amount);
          case "s" -> Duration.ofSeconds(amount);
          case "m" -> Duration.ofMinutes(amount);
          default -> Duration.ofHours(amount);
        };
      }
      try {
        Duration value = Duration.parse(text);
        if (!value.isNegative()) {
          return value;
        }
      } catch (DateTimeParseException notADuration) {
        // answered below
      }
      throw wrong(name, text, "a duration such as 250ms, 15s or 5m");
    }

    private static IllegalArgumentException wrong(String name, String text, String expected) {
      return new IllegalArgumentException(name + ": " + text + " (expected: " + expected + ")");
    }
  }
}
