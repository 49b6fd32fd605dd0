package io.espejo.benchmark;

import io.espejo.route.TextMatch;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Regular expressions that take others for ever, on as much as a client may send in a line. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class RegexBenchmark {
  private static final int LENGTH = 8192;

  /** What the text has to match as a whole. */
  @Param({"(a+)+$", "(a|aa)+", "(a*)*b"})
  public String regex = "";

  /** What follows 8,192 times the letter a. */
  @Param({"", "!"})
  public String end = "";

  private TextMatch match = TextMatch.PRESENT;
  private String text = "";

  /** Compiles the expression. */
  @Setup
  public void build() {
    match = TextMatch.regex(regex);
    text = "a".repeat(LENGTH) + end;
  }

  /** The whole text. */
  @Benchmark
  public boolean accepts() {
    return match.accepts(text);
  }
}
