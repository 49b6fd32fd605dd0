package io.espejo.it.jaxrs;

import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.FormParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.Suspended;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Form;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import jakarta.ws.rs.sse.Sse;
import jakarta.ws.rs.sse.SseEventSink;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Reads an entity as the path names, and answers with what it has read. */
@Path("/")
@Produces("text/plain")
public class ReadingResource {
  /** A form's parameters, as fields. */
  public static class Pair {
    @FormParam("a")
    String a = "";

    @FormParam("b")
    String b = "";
  }

  @GET
  @Path("plain")
  public String plain() {
    return "plain";
  }

  @GET
  @Path("headers")
  public String headers(@Context HttpHeaders headers) {
    return new TreeMap<>(headers.getRequestHeaders()).toString();
  }

  @POST
  @Path("string")
  public String string(String entity) {
    return digest(entity.getBytes(StandardCharsets.ISO_8859_1));
  }

  @POST
  @Path("bytes")
  public String bytes(byte[] entity) {
    return digest(entity);
  }

  @POST
  @Path("stream")
  public String stream(InputStream entity) throws IOException {
    return digest(entity.readAllBytes());
  }

  @POST
  @Path("one-by-one")
  public String oneByOne(InputStream entity) throws IOException {
    long sum = 0;
    int count = 0;
    for (int read = entity.read(); read >= 0; read = entity.read()) {
      sum += read;
      count++;
    }
    return count + " " + sum;
  }

  @POST
  @Path("reader")
  public String reader(Reader entity) throws IOException {
    StringBuilder text = new StringBuilder();
    char[] some = new char[1000];
    for (int read = entity.read(some); read >= 0; read = entity.read(some)) {
      text.append(some, 0, read);
    }
    return digest(text.toString().getBytes(StandardCharsets.ISO_8859_1));
  }

  @POST
  @Path("pojo")
  public String pojo(Braced entity) {
    return entity.text();
  }

  @POST
  @Path("form")
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  public String form(Form form) {
    return new TreeMap<>(form.asMap()).toString();
  }

  @POST
  @Path("map")
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  public String map(MultivaluedMap<String, String> form) {
    return new TreeMap<>(form).toString();
  }

  @POST
  @Path("form-param")
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  public String formParam(@FormParam("a") String a, @FormParam("b") String b) {
    return a + " " + b;
  }

  @POST
  @Path("bean-param")
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  public String beanParam(@BeanParam Pair pair) {
    return pair.a + " " + pair.b;
  }

  @POST
  @Path("echo")
  public StreamingOutput echo(InputStream entity) {
    return entity::transferTo;
  }

  @POST
  @Path("async")
  public void async(String entity, @Suspended AsyncResponse answer) {
    elsewhere(() -> answer.resume(digest(entity.getBytes(StandardCharsets.ISO_8859_1))));
  }

  @POST
  @Path("async-reading")
  public void asyncReading(InputStream entity, @Suspended AsyncResponse answer) {
    elsewhere(
        () -> {
          try {
            answer.resume(digest(entity.readAllBytes()));
          } catch (IOException gone) {
            answer.resume(gone);
          }
        });
  }

  @POST
  @Path("stage")
  public CompletionStage<String> stage(String entity) {
    return CompletableFuture.supplyAsync(
        () -> digest(entity.getBytes(StandardCharsets.ISO_8859_1)));
  }

  @POST
  @Path("sse")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void events(String entity, @Context SseEventSink sink, @Context Sse sse) {
    try (sink) {
      sink.send(sse.newEvent(digest(entity.getBytes(StandardCharsets.ISO_8859_1))));
      sink.send(sse.newEvent("last"));
    }
  }

  @POST
  @Path("nothing")
  public String nothing() {
    return "nothing";
  }

  @POST
  @Path("silent")
  public void silent() {}

  @POST
  @Path("some")
  public String some(InputStream entity) throws IOException {
    return digest(entity.readNBytes(10));
  }

  @POST
  @Path("throw")
  public String fail(String entity) {
    throw new IllegalStateException("as the test asks: " + entity.length());
  }

  @POST
  @Path("throw-unread")
  public String failUnread() {
    throw new IllegalStateException("as the test asks");
  }

  @POST
  @Path("status")
  public String status(String entity) {
    throw new WebApplicationException(
        Response.status(418).entity("teapot " + entity.length()).build());
  }

  @POST
  @Path("mapped")
  public String mapped(String entity) throws Mapped {
    throw new Mapped(entity.length());
  }

  /** A locator of what has no path of its own. */
  @Path("sub")
  public SubResource sub() {
    return new SubResource();
  }

  private static void elsewhere(Runnable task) {
    Thread thread = new Thread(task, "resource");
    thread.setDaemon(true);
    thread.start();
  }

  static String digest(byte[] bytes) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes);
      return bytes.length + " " + HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
