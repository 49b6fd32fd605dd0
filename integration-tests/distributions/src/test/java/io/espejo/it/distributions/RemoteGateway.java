package io.espejo.it.distributions;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.Espejo;
import io.espejo.exchange.OutcomeCounts;
import io.espejo.exchange.PrimaryCounts;
import io.espejo.testkit.Gateway;
import io.espejo.testkit.LogWatch;
import io.espejo.testkit.RulesYaml;
import io.espejo.testkit.TestBed;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import javax.management.MBeanServerConnection;
import org.opentest4j.TestAbortedException;

/** What runs in a server's process, from one start to one end. */
final class RemoteGateway implements Gateway {
  /** Longer than whatever runs is given to end. */
  private static final int ANSWER_MILLIS = 40_000;

  private final RunningServer server;
  private final Optional<Undeployment> undeployment;
  private final Runnable release;
  private final LogWatch log;
  private Optional<State> atEnd = Optional.empty();

  /** How a WAR that runs it is taken away. */
  @FunctionalInterface
  interface Undeployment {
    /** Returns when the WAR answers no more. */
    void run() throws IOException;
  }

  private RemoteGateway(RunningServer server, Optional<Undeployment> undeployment, Runnable release)
      throws IOException {
    this.server = server;
    this.undeployment = undeployment;
    this.release = release;
    this.log = server.watchLog();
  }

  /**
   * Starts the filter with these init-params.
   *
   * @param release runs when it has ended and left no thread
   */
  static RemoteGateway start(RunningServer server, Map<String, String> settings, Runnable release)
      throws IOException {
    RemoteGateway gateway = new RemoteGateway(server, Optional.empty(), release);
    Properties parameters = new Properties();
    parameters.putAll(settings);
    StringWriter text = new StringWriter();
    parameters.store(text, null);
    try {
      gateway.ask("start", text.toString());
    } catch (IllegalStateException refused) {
      gateway.released();
      throw refused;
    }
    return gateway;
  }

  /** What runs in a WAR that is deployed, until that is not. */
  static RemoteGateway deployed(RunningServer server, Undeployment undeployment)
      throws IOException {
    return new RemoteGateway(server, Optional.of(undeployment), () -> {});
  }

  private String ask(String what) {
    return ask(what, "");
  }

  private String ask(String what, String body) {
    try {
      // Blocking, so that no further thread has a part in it: tests ask often.
      HttpURLConnection asked =
          (HttpURLConnection)
              URI.create("http://127.0.0.1:" + server.port() + ControlledFilter.PATH + "?" + what)
                  .toURL()
                  .openConnection();
      asked.setRequestProperty("Content-Type", "text/plain");
      asked.setReadTimeout(ANSWER_MILLIS);
      asked.setDoOutput(true);
      try (OutputStream out = asked.getOutputStream()) {
        out.write(body.getBytes(StandardCharsets.UTF_8));
      }
      boolean done = asked.getResponseCode() == 200;
      try (InputStream answer = done ? asked.getInputStream() : asked.getErrorStream()) {
        String text = new String(answer.readAllBytes(), StandardCharsets.UTF_8);
        if (!done) {
          throw new IllegalStateException(text);
        }
        return text;
      }
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  private State state() {
    return atEnd.orElseGet(() -> State.read(ask("state")));
  }

  @Override
  public int port() {
    return server.port();
  }

  @Override
  public Espejo espejo() {
    throw new TestAbortedException("it runs in another process");
  }

  @Override
  public void apply(RulesYaml rules) {
    ask("apply", rules.text());
  }

  @Override
  public void mirroring(boolean enabled) {
    ask("mirroring=" + enabled);
  }

  @Override
  public void abortCopies() {
    ask("abort-copies");
  }

  @Override
  public void shutDown() {
    ask("shut-down");
  }

  @Override
  public OutcomeCounts outcomes() {
    return state().outcomes();
  }

  @Override
  public Map<String, OutcomeCounts> outcomesByDestination() {
    return State.read(ask("destinations")).outcomesByDestination();
  }

  @Override
  public PrimaryCounts primaryCounts() {
    return state().primaryCounts();
  }

  @Override
  public long lentBuffers() {
    return state().lentBuffers();
  }

  @Override
  public int openUpgrades() {
    return state().openUpgrades();
  }

  @Override
  public List<String> threads() {
    if (atEnd.isEmpty() || undeployment.isEmpty()) {
      return ask("threads").lines().toList();
    }
    try {
      return server.threads("espejo-");
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  @Override
  public MBeanServerConnection jmx() throws IOException {
    return server.jmx();
  }

  @Override
  public LogWatch watchLog() throws IOException {
    return server.watchLog();
  }

  @Override
  public void close() throws IOException {
    if (atEnd.isEmpty()) {
      if (undeployment.isPresent()) {
        TestBed.await("no buffer is lent", () -> lentBuffers() == 0);
        atEnd = Optional.of(state());
        undeployment.get().run();
      } else {
        atEnd = Optional.of(State.read(ask("end")));
      }
      released();
      assertThat(log.messages())
          .as("uncaught exceptions")
          .noneMatch(line -> line.contains("Exception in thread"));
    }
  }

  private void released() {
    TestBed.await("no thread of ours", () -> threads().isEmpty());
    release.run();
  }
}
