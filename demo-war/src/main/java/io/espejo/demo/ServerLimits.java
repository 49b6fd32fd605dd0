package io.espejo.demo;

import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/**
 * What the clients of one server may take.
 *
 * @param maxConnections open at once; a further one waits in the system's queue until one closes
 * @param maxHeadBytes of a request's head, and of an answer's
 * @param headTimeout from a connection's opening, or the end of its last request, until the head of
 *     the next is whole, however slowly it comes
 * @param idleTimeout without a byte in either direction
 */
record ServerLimits(
    int maxConnections, int maxHeadBytes, Duration headTimeout, Duration idleTimeout) {
  static final ServerLimits DEFAULT = new Options().limits();

  /** Of the pages for operators. */
  static final ServerLimits ADMIN =
      new ServerLimits(64, 16 * 1024, Duration.ofSeconds(30), Duration.ofSeconds(30));

  /** On the command line. */
  static final class Options {
    @Option(
        names = "--max-connections",
        paramLabel = "N",
        converter = Positive.class,
        description = "Connections of clients open at once; more wait (default: 4096).")
    private int maxConnections = 4096;

    @Option(
        names = "--max-head",
        paramLabel = "BYTES",
        converter = Positive.class,
        description = "How long the head of a request may be (default: 65536).")
    private int maxHeadBytes = 64 * 1024;

    @Option(
        names = "--head-timeout",
        paramLabel = "SECONDS",
        converter = Positive.class,
        description =
            "Until a request's head is whole, idle time before it included (default: 60).")
    private int headTimeout = 60;

    @Option(
        names = "--idle-timeout",
        paramLabel = "SECONDS",
        converter = Positive.class,
        description = "Without a byte in either direction (default: 300).")
    private int idleTimeout = 300;

    ServerLimits limits() {
      return new ServerLimits(
          maxConnections,
          maxHeadBytes,
          Duration.ofSeconds(headTimeout),
          Duration.ofSeconds(idleTimeout));
    }
  }

  static final class Positive implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String value) {
      try {
        int number = Integer.parseInt(value);
        if (number > 0) {
          return number;
        }
      } catch (NumberFormatException notANumber) {
        // Falls through to the same complaint.
      }
      throw new TypeConversionException(
          "'" + value + "' is out of range (expected: 1.." + Integer.MAX_VALUE + ")");
    }
  }
}
