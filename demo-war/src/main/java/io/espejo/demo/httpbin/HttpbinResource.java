package io.espejo.demo.httpbin;

import io.espejo.jaxrs.Mirrored;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.InternalServerErrorException;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The paths of httpbin that the walk-through and its tests use. */
@Path("/")
public final class HttpbinResource {
  private static final String[] ECHO = {
    "url", "args", "form", "data", "origin", "headers", "files", "json"
  };
  private static final String[] ECHO_DELAYED = {
    "url", "args", "form", "data", "origin", "headers", "files"
  };
  private static final String[] ECHO_ANYTHING = {
    "url", "args", "headers", "origin", "method", "form", "data", "files", "json"
  };

  private final HttpServletRequest request;
  private final ContainerRequestContext context;

  public HttpbinResource(
      @Context HttpServletRequest request, @Context ContainerRequestContext context) {
    this.request = request;
    this.context = context;
  }

  @GET
  @Path("headers")
  public Response headers() {
    return json(RequestView.ofHead(request).select("headers"));
  }

  @GET
  @Path("ip")
  public Response ip() {
    return json(RequestView.ofHead(request).select("origin"));
  }

  /** In place, v2 gets a copy of it even where no rule says so: see docs/jax-rs.md. */
  @GET
  @Path("user-agent")
  @Mirrored(host = "httpbin", subset = "v2")
  public Response userAgent() {
    return json(RequestView.ofHead(request).select("user-agent"));
  }

  @GET
  @Path("get")
  public Response get() {
    return json(RequestView.ofHead(request).select("url", "args", "headers", "origin"));
  }

  @POST
  @Path("post")
  public Response post() {
    return echo(ECHO);
  }

  @PUT
  @Path("put")
  public Response put() {
    return echo(ECHO);
  }

  @PATCH
  @Path("patch")
  public Response patch() {
    return echo(ECHO);
  }

  @DELETE
  @Path("delete")
  public Response delete() {
    return echo(ECHO);
  }

  @Path("anything{below: (/.+)?}")
  public EveryMethod anything() {
    return new EveryMethod(() -> CompletableFuture.completedFuture(echo(ECHO_ANYTHING)));
  }

  /** Reads the body to its end, whatever its size, and forgets it. */
  @Path("status/{codes: [^/]+}")
  public EveryMethod status(@PathParam("codes") String codes) {
    return new EveryMethod(
        () -> {
          try (InputStream body = context.getEntityStream()) {
            body.transferTo(OutputStream.nullOutputStream());
          } catch (IOException gone) {
            throw new UncheckedIOException(gone);
          }
          return CompletableFuture.completedFuture(StatusAnswer.of(codes));
        });
  }

  /** At most 10 s, without holding a thread. */
  @Path("delay/{seconds: [^/]+}")
  public EveryMethod delay(@PathParam("seconds") String seconds) {
    return new EveryMethod(
        () -> {
          Response answer = echo(ECHO_DELAYED);
          return CompletableFuture.supplyAsync(
              () -> answer,
              CompletableFuture.delayedExecutor(millis(seconds), TimeUnit.MILLISECONDS));
        });
  }

  /** At most 100 KiB; the same ones for the same seed, though not those that Python draws. */
  @GET
  @Path("bytes/{count: [0-9]+}")
  public Response bytes(
      @PathParam("count") BigInteger count, @QueryParam("seed") Optional<Long> seed) {
    byte[] octets = new byte[atMost(count, 100 * 1024)];
    seed.map(Random::new).orElseGet(Random::new).nextBytes(octets);
    return Whole.answer(Response.ok(), "application/octet-stream", octets);
  }

  /** At most 100 lines. */
  @GET
  @Path("stream/{count: [0-9]+}")
  public Response stream(@PathParam("count") BigInteger count) {
    Map<String, Object> line =
        RequestView.ofHead(request).select("url", "args", "headers", "origin");
    StreamingOutput lines =
        out -> {
          for (int id = 0; id < atMost(count, 100); id++) {
            line.put("id", id);
            out.write((PythonJson.line(line) + "\n").getBytes(StandardCharsets.US_ASCII));
            out.flush();
          }
        };
    return Response.ok(lines, "application/json").build();
  }

  private Response echo(String... fields) {
    try {
      return json(RequestView.of(request, context.getEntityStream()).select(fields));
    } catch (IOException gone) {
      throw new UncheckedIOException(gone);
    }
  }

  private static Response json(Map<String, ?> value) {
    return Whole.answer(Response.ok(), "application/json", PythonJson.pretty(value));
  }

  private static int atMost(BigInteger asked, int limit) {
    return asked.min(BigInteger.valueOf(limit)).intValue();
  }

  private static long millis(String seconds) {
    try {
      double asked = Double.parseDouble(seconds);
      if (asked >= 0) {
        return Math.round(Math.min(asked, 10) * 1000);
      }
    } catch (NumberFormatException notANumber) {
      // Python raises on both, so httpbin answers both alike.
    }
    throw new InternalServerErrorException();
  }
}
