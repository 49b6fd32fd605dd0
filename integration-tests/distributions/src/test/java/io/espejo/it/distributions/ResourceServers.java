package io.espejo.it.distributions;

import io.espejo.servlet.MirrorFilter;
import io.espejo.testkit.Gateway;
import io.espejo.testkit.LogWatch;
import io.espejo.testkit.RawAnswer;
import io.espejo.testkit.RawClient;
import io.espejo.testkit.RawRequest;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.function.Predicate;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The servers of one test class: one with resources of JAX-RS and nothing of ours, and one where
 * each test deploys and undeploys a WAR of its own.
 */
final class ResourceServers implements AfterAllCallback {
  private static final RawRequest STATE = RawRequest.get(ControlledFilter.PATH + "?state");
  private static final RawRequest PLAIN = RawRequest.get("/plain");

  /**
   * No resource has it, so that nothing is mirrored; some runtimes start with the first request.
   */
  private static final RawRequest NOWHERE = RawRequest.get("/nowhere");

  private static final Predicate<RawAnswer> SERVED = answer -> answer.status() == 200;

  /** How a refusal of the feature begins. */
  private static final String REFUSED = "@Mirrored of ";

  private final Distribution distribution;
  private final List<RunningServer> all = new ArrayList<>();
  private Optional<RunningServer> bare = Optional.empty();
  private Optional<RunningServer> changing = Optional.empty();

  ResourceServers(Distribution distribution) {
    this.distribution = distribution;
  }

  /** As {@link io.espejo.testkit.ApplicationContract.Application} has it. */
  synchronized Gateway start(Optional<Path> rules, Map<String, String> settings)
      throws IOException {
    if (rules.isEmpty()) {
      if (bare.isEmpty()) {
        RunningServer server = started();
        server.deploy(
            Wars.resources(Files.createTempDirectory(server.files(), "war")), PLAIN, SERVED);
        bare = Optional.of(server);
      }
      return new Bare(bare.get(), () -> {});
    }
    if (changing.isEmpty()) {
      changing = Optional.of(started());
    }
    return deployed(changing.get(), rules.get(), settings);
  }

  private RunningServer started() throws IOException {
    RunningServer server = RunningServer.start(distribution, true);
    all.add(server);
    return server;
  }

  private static Gateway deployed(RunningServer server, Path rules, Map<String, String> settings)
      throws IOException {
    Map<String, String> known = new HashMap<>(settings);
    known.put("rules", rules.toString());
    Path war =
        Wars.resources(
            Files.createTempDirectory(server.files(), "war"),
            "filter".equals(settings.get("feature"))
                ? Wars.filter(MirrorFilter.class.getName(), known, "true", "/*", "REQUEST", "ASYNC")
                : "",
            Map.of("application.properties", text(known)));
    LogWatch log = server.watchLog();
    server.deploy(war, STATE, answer -> SERVED.test(answer) || refusal(log).isPresent());
    if (!List.of("gateway", "filter").contains(settings.getOrDefault("feature", ""))) {
      RawClient.once(server.port(), NOWHERE);
    }
    Optional<String> refusal = refusal(log);
    if (refusal.isPresent()) {
      server.undeploy(STATE, SERVED.negate());
      throw new IllegalStateException(refusal.get());
    }
    return RemoteGateway.deployed(server, () -> server.undeploy(STATE, SERVED.negate()));
  }

  private static Optional<String> refusal(LogWatch log) {
    return log.messages().stream().filter(line -> line.contains(REFUSED)).findFirst();
  }

  private static String text(Map<String, String> settings) throws IOException {
    Properties properties = new Properties();
    properties.putAll(settings);
    StringWriter text = new StringWriter();
    properties.store(text, null);
    return text.toString();
  }

  @Override
  public synchronized void afterAll(ExtensionContext context) {
    all.forEach(RunningServer::close);
  }
}
