package io.espejo.upstream;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.client.Destination;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.ProcessingProtocolHandler;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.client.transport.HttpClientTransportOverHTTP;
import org.eclipse.jetty.client.transport.HttpDestination;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.HttpCookieStore;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.io.ArrayByteBufferPool;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.thread.Invocable.InvocationType;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * One side of the mirror, with all that it needs to speak HTTP: v1's leg or v2's.
 *
 * <p>The two legs share no thread, selector, timer or buffer pool, so nothing that happens on one
 * takes anything from the other. All threads are daemons named {@code espejo-LEG-...}, at most
 * {@link Settings#threads} and a timer; the buffer pool keeps at most 24 MiB. Safe for any threads;
 * {@link #close} ends every thread and connection.
 */
public final class Leg implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Leg.class.getName());

  /** Header lines of a request may take this many bytes, as those of the usual containers may. */
  private static final int MAX_REQUEST_HEADERS = 128 * 1024;

  private static final Duration SWEEP = Duration.ofMillis(500);

  /** An address that no cluster has any more is forgotten after so long without a connection. */
  private static final Duration DESTINATION_IDLE = Duration.ofMinutes(1);

  private static final int MAX_RESPONSE_HEADERS = 128 * 1024;
  private static final HttpCompliance AS_WRITTEN =
      HttpCompliance.RFC9110.with("as-written", HttpCompliance.Violation.CASE_SENSITIVE_FIELD_NAME);

  private static final int MAX_POOLED_BUFFER = 64 * 1024;
  private static final int MAX_BUFFERS_PER_SIZE = 256;
  private static final long MAX_POOLED_HEAP = 8L * 1024 * 1024;
  private static final long MAX_POOLED_DIRECT = 16L * 1024 * 1024;

  private final HttpClient client;
  private final QueuedThreadPool threads;
  private final Scheduler scheduler;
  private final Executor selecting;

  /**
   * What differs between the legs.
   *
   * @param name part of the thread names: {@code primary}, {@code shadow}
   * @param threads how many threads there may be, at least 2
   * @param connectTimeout how long a connection may take to open
   * @param maxIdle how long a pooled connection may stay unused
   * @param idleTimeout how long a connection in use may be without traffic; zero: for ever
   * @param maxConnections per endpoint
   * @param maxWaiting how many requests may wait for a connection, per endpoint
   */
  public record Settings(
      String name,
      int threads,
      Duration connectTimeout,
      Duration maxIdle,
      Duration idleTimeout,
      int maxConnections,
      int maxWaiting) {}

  private Leg(
      HttpClient client, QueuedThreadPool threads, Scheduler scheduler, ManagedSelector selector) {
    this.client = client;
    this.threads = threads;
    this.scheduler = scheduler;
    this.selecting = task -> selector.submit(unused -> task.run());
  }

  /** Starts the threads; no connection is opened before the first request. */
  public static Leg start(Settings settings) {
    String name = "espejo-" + settings.name();
    QueuedThreadPool threads = new QueuedThreadPool(settings.threads(), 1);
    threads.setName(name);
    threads.setDaemon(true);
    Scheduler scheduler = new ScheduledExecutorScheduler(name + "-timer", true);

    ClientConnector connector = new ClientConnector();
    connector.setSelectors(1);
    HttpClientTransportOverHTTP transport = new HttpClientTransportOverHTTP(connector);
    transport.setConnectionPoolFactory(
        destination -> new IdlePool(destination, settings.maxConnections(), settings.maxIdle()));
    // What v1 answers reaches the client in v1's own case.
    transport.setHeaderCacheCaseSensitive(true);
    // Nothing that hears of answers blocks, so the selecting thread may call it itself.
    transport.setInvocationType(InvocationType.NON_BLOCKING);
    HttpClient client = new HttpClient(transport);
    client.setName(name);
    client.setExecutor(threads);
    client.setScheduler(scheduler);
    client.setByteBufferPool(
        new ArrayByteBufferPool(
            0, 4096, MAX_POOLED_BUFFER, MAX_BUFFERS_PER_SIZE, MAX_POOLED_HEAP, MAX_POOLED_DIRECT));
    client.setConnectTimeout(settings.connectTimeout().toMillis());
    client.setIdleTimeout(settings.idleTimeout().toMillis());
    client.setMaxConnectionsPerDestination(settings.maxConnections());
    client.setMaxRequestsQueuedPerDestination(settings.maxWaiting());
    client.setMaxRequestHeadersSize(MAX_REQUEST_HEADERS);
    client.setMaxResponseHeadersSize(MAX_RESPONSE_HEADERS);
    client.setHttpCompliance(AS_WRITTEN);
    client.setFollowRedirects(false);
    client.setHttpCookieStore(new HttpCookieStore.Empty());
    client.setUserAgentField(null);
    client.setUseInputDirectByteBuffers(false);
    client.setUseOutputDirectByteBuffers(false);
    client.setDestinationIdleTimeout(DESTINATION_IDLE.toMillis());
    client.setDefaultRequestContentType(null);
    try {
      client.start();
    } catch (Exception failure) {
      LifeCycle.stop(client);
      throw new IllegalStateException("cannot start the " + settings.name() + " leg", failure);
    }
    // start() fills both by itself: what is not a plain forwarding client goes afterwards.
    client.getContentDecoderFactories().clear();
    client.getProtocolHandlers().clear();
    client.getProtocolHandlers().put(new InterimHandler());
    Leg leg =
        new Leg(
            client,
            threads,
            scheduler,
            connector.getSelectorManager().getBean(ManagedSelector.class));
    leg.after(SWEEP, leg::closeIdle);
    return leg;
  }

  private void closeIdle() {
    for (Destination destination : client.getDestinations()) {
      if (((HttpDestination) destination).getConnectionPool() instanceof IdlePool pool) {
        pool.closeIdle();
      }
    }
    if (client.isRunning()) {
      after(SWEEP, this::closeIdle);
    }
  }

  HttpClient client() {
    return client;
  }

  /** The leg's threads; what runs there must not block. */
  public Executor executor() {
    return threads;
  }

  /**
   * Runs tasks on the thread that waits for the leg's connections, between two looks at them, so
   * that an exchange wakes no other. They must not block; after {@link #close} they do not run.
   */
  public Executor selecting() {
    return selecting;
  }

  /** Runs {@code task} on the leg's timer thread after {@code delay}; it must be short. */
  public void after(Duration delay, Runnable task) {
    scheduler.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Aborts what runs, closes every connection and ends every thread. */
  @Override
  public void close() {
    for (LifeCycle part : List.of(client, scheduler, threads)) {
      try {
        LifeCycle.stop(part);
      } catch (RuntimeException failure) {
        // The others must end all the same.
        LOG.log(Level.WARNING, "cannot stop " + part, failure);
      }
    }
  }

  /**
   * Reads over every interim answer but 101, up to a limit. Without it a second 100, or any other
   * 1xx, leaves the exchange without an end, and what it holds is never given back
   * (jetty.project#15575).
   */
  private static final class InterimHandler extends ProcessingProtocolHandler {
    @Override
    public boolean accept(Request request, Response response) {
      int status = response.getStatus();
      return status >= 100 && status < 200 && status != 101;
    }

    @Override
    protected void onProcessing(Request request, HttpFields headers) {
      if (request instanceof OutgoingRequest outgoing) {
        outgoing.onInterim();
      }
    }
  }
}
