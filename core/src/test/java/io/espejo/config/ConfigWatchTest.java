package io.espejo.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigWatchTest {
  @TempDir Path parent;
  private Path directory;
  private final ManualScheduler scheduler = new ManualScheduler();
  private final List<List<String>> changes = new ArrayList<>();
  private final List<IOException> failures = new ArrayList<>();

  @BeforeEach
  void createDirectory() throws IOException {
    directory = Files.createDirectory(parent.resolve("rules"));
  }

  @AfterEach
  void stopScheduler() {
    scheduler.shutdownNow();
  }

  @Test
  void files_unchanged_areNotTold() throws Exception {
    write("a.yaml", "one");
    watch();
    looks(5);
    assertThat(changes).isEmpty();
  }

  @Test
  void file_changed_isToldOnceAfterTwoEqualLooks() throws Exception {
    write("a.yaml", "one");
    watch();
    looks(3);
    write("a.yaml", "three");
    looks(1);
    assertThat(changes).isEmpty();
    looks(5);
    assertThat(changes).containsExactly(List.of("three"));
  }

  @Test
  void file_thatGrowsBetweenLooks_isToldOnlyWhenItRests() throws Exception {
    watch();
    for (int length = 1; length < 5; length++) {
      write("a.yaml", "x".repeat(length));
      looks(1);
    }
    assertThat(changes).isEmpty();
    looks(1);
    assertThat(changes).containsExactly(List.of("xxxx"));
  }

  @Test
  void file_renamedOverAnother_isTold() throws Exception {
    write("a.yaml", "one");
    watch();
    looks(3);
    Path other = Files.writeString(parent.resolve("new"), "three");
    Files.move(other, directory.resolve("a.yaml"), StandardCopyOption.REPLACE_EXISTING);
    looks(2);
    assertThat(changes).containsExactly(List.of("three"));
  }

  @Test
  void file_touched_isNotTold() throws Exception {
    write("a.yaml", "one");
    watch();
    looks(3);
    Path other = Files.writeString(parent.resolve("new"), "one");
    Files.move(other, directory.resolve("a.yaml"), StandardCopyOption.REPLACE_EXISTING);
    looks(5);
    assertThat(changes).isEmpty();
  }

  @Test
  void files_addedAndRemoved_areTold() throws Exception {
    write("a.yaml", "one");
    watch();
    write("b.yaml", "three");
    looks(2);
    Files.delete(directory.resolve("a.yaml"));
    looks(2);
    Files.delete(directory.resolve("b.yaml"));
    looks(2);
    assertThat(changes).containsExactly(List.of("one", "three"), List.of("three"), List.of());
  }

  @Test
  void configMap_linkSwapped_isTold() throws Exception {
    for (String version : List.of("one", "three")) {
      Path data = Files.createDirectory(directory.resolve(".." + version));
      Files.writeString(data.resolve("a.yaml"), version);
    }
    Files.createSymbolicLink(directory.resolve("..data"), Path.of("..one"));
    Files.createSymbolicLink(directory.resolve("a.yaml"), Path.of("..data/a.yaml"));
    watch();
    looks(3);
    Files.createSymbolicLink(directory.resolve("..tmp"), Path.of("..three"));
    Files.move(
        directory.resolve("..tmp"),
        directory.resolve("..data"),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
    looks(2);
    assertThat(changes).containsExactly(List.of("three"));
  }

  @Test
  void directory_vanished_isToldOnceAndWatchedAgainWhenItReturns() throws Exception {
    write("a.yaml", "one");
    watch();
    looks(3);
    Files.move(directory, parent.resolve("away"));
    looks(1);
    assertThat(failures).isEmpty();
    looks(10);
    assertThat(failures).hasSize(1);
    Files.move(parent.resolve("away"), directory);
    looks(5);
    assertThat(changes).isEmpty();
    write("a.yaml", "three");
    looks(2);
    assertThat(changes).containsExactly(List.of("three"));
    Files.move(directory, parent.resolve("away"));
    looks(5);
    assertThat(failures).hasSize(2);
  }

  @Test
  void listener_thatThrows_doesNotEndTheWatch() throws Exception {
    BlockingQueue<List<RuleFile>> told = new LinkedBlockingQueue<>();
    new ConfigWatch(
        ConfigSource.path(directory),
        List.of(),
        scheduler,
        files -> {
          told.add(files);
          throw new IllegalStateException("on purpose");
        },
        failures::add);
    write("a.yaml", "one");
    looks(3);
    write("a.yaml", "three");
    looks(3);
    assertThat(told).hasSize(2);
  }

  @Test
  void watch_closed_tellsNothingMore() throws Exception {
    ConfigWatch watch = watch();
    write("a.yaml", "one");
    looks(1);
    watch.close();
    looks(3);
    assertThat(changes).isEmpty();
  }

  @Test
  void file_changedUnderARealScheduler_isToldWithinTwoSeconds() throws Exception {
    ScheduledThreadPoolExecutor real = new ScheduledThreadPoolExecutor(1);
    BlockingQueue<List<RuleFile>> told = new LinkedBlockingQueue<>();
    try (ConfigWatch watch =
        new ConfigWatch(ConfigSource.path(directory), List.of(), real, told::add, failures::add)) {
      write("a.yaml", "one");
      assertThat(told.poll(2, TimeUnit.SECONDS)).hasSize(1);
      Files.delete(directory.resolve("a.yaml"));
      assertThat(told.poll(2, TimeUnit.SECONDS)).isEmpty();
      assertThat(watch).isNotNull();
    } finally {
      real.shutdownNow();
    }
    assertThat(failures).isEmpty();
  }

  private ConfigWatch watch() throws IOException {
    ConfigSource source = ConfigSource.path(directory);
    return new ConfigWatch(
        source,
        source.read(),
        scheduler,
        files ->
            changes.add(
                files.stream()
                    .map(file -> new String(file.content(), StandardCharsets.UTF_8))
                    .toList()),
        failures::add);
  }

  private void looks(int count) {
    for (int i = 0; i < count; i++) {
      scheduler.task.run();
    }
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(directory.resolve(name), text);
  }

  /** Runs the task only when the test says so. */
  private static final class ManualScheduler extends ScheduledThreadPoolExecutor {
    private Runnable task = () -> {};

    ManualScheduler() {
      super(1);
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(
        Runnable command, long initialDelay, long delay, TimeUnit unit) {
      assertThat(unit.toMillis(delay)).isEqualTo(200);
      task = command;
      return schedule(() -> {}, 1, TimeUnit.HOURS);
    }
  }
}
