package io.espejo.it.distributions;

import io.espejo.testkit.Gateway;
import io.espejo.testkit.RawAnswer;
import io.espejo.testkit.RawRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The servers of one test class. They take seconds to start, so a test gets one that another test
 * has done with; one that did not end in order is not given again.
 */
final class Servers implements AfterAllCallback {
  private static final Kind BARE = new Kind(Wars.Contract.BARE, true);
  private static final Predicate<RawAnswer> SERVED = answer -> answer.status() == 200;

  private final Distribution distribution;
  private final Map<Kind, Deque<RunningServer>> idle = new HashMap<>();
  private final List<RunningServer> all = new ArrayList<>();

  private record Kind(Wars.Contract war, boolean http2) {}

  Servers(Distribution distribution) {
    this.distribution = distribution;
  }

  /** The filter alone, in a WAR at the root. */
  Gateway gateway(Path rules, Map<String, String> settings, boolean http2) throws IOException {
    return controlled(new Kind(Wars.Contract.GATEWAY, http2), rules, settings);
  }

  /** The application that reads, with the filter before it or without. */
  Gateway application(Optional<Path> rules, Map<String, String> settings) throws IOException {
    if (rules.isEmpty()) {
      RunningServer server = take(BARE);
      return new Bare(server, () -> give(BARE, server));
    }
    Wars.Contract war =
        "false".equals(settings.get("asyncSupported"))
            ? Wars.Contract.WITHOUT_ASYNC
            : Wars.Contract.APPLICATION;
    return controlled(new Kind(war, true), rules.get(), settings);
  }

  private Gateway controlled(Kind kind, Path rules, Map<String, String> settings)
      throws IOException {
    Map<String, String> all = new HashMap<>(settings);
    all.put("rules", rules.toString());
    RunningServer server = take(kind);
    return RemoteGateway.start(server, all, () -> give(kind, server));
  }

  private synchronized RunningServer take(Kind kind) throws IOException {
    Deque<RunningServer> waiting = idle.computeIfAbsent(kind, none -> new ArrayDeque<>());
    RunningServer known = waiting.poll();
    if (known != null) {
      return known;
    }
    RunningServer server = RunningServer.start(distribution, kind.http2());
    all.add(server);
    Path file = Wars.contract(Files.createTempDirectory(server.files(), "war"), kind.war());
    server.deploy(
        file,
        RawRequest.get(
            kind.war() == Wars.Contract.BARE ? "/nothing" : ControlledFilter.PATH + "?state"),
        SERVED);
    return server;
  }

  private synchronized void give(Kind kind, RunningServer server) {
    idle.get(kind).add(server);
  }

  /** Called after each nested class, too. */
  @Override
  public synchronized void afterAll(ExtensionContext context) {
    if (!context.getRequiredTestClass().isMemberClass()) {
      all.forEach(RunningServer::close);
    }
  }
}
