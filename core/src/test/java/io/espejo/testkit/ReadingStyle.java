package io.espejo.testkit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One way in which an application takes a request, and what v2 is to have of it.
 *
 * @param name of the style
 * @param request what the client sends
 * @param content its body, without chunk headers
 * @param copy what v2 gets
 * @param sent the body of the copy, if it gets one
 */
record ReadingStyle(String name, RawRequest request, byte[] content, Copy copy, byte[] sent) {
  private static final String FORM = "application/x-www-form-urlencoded";
  private static final String PARTS = "multipart/form-data; boundary=b0und";

  /** With a charset that has every byte: some servers take UTF-8 where a request says none. */
  static final String BYTES = "application/octet-stream; charset=ISO-8859-1";

  /** What v2 gets of a request. */
  enum Copy {
    /** The client's bytes. */
    SAME,
    /** What the container made of them, marked; or the client's, where it reads our stream. */
    REBUILT,
    /** The client's bytes, which the application leaves, and a container can know to be here. */
    LEFT,
    /** The client's bytes or none; it depends on what has come when the application is done. */
    SAME_OR_NONE,
    /** The same, or as the container has read them for an error page. */
    ANY,
    /** None that is whole. */
    NONE
  }

  /** All styles, with bodies of one packet and of many. */
  static List<ReadingStyle> all() {
    List<ReadingStyle> all = new ArrayList<>();
    for (int length : new int[] {0, 2_000, 40_000}) {
      for (String path :
          List.of(
              "/stream",
              "/bytes",
              "/exactly",
              "/reader",
              "/listener",
              "/thread",
              "/forward",
              "/include",
              "/named",
              "/dispatch",
              "/dispatch-wrapped",
              "/throw",
              "/error",
              "/life/trailers",
              "/life/lines",
              "/life/skip",
              "/life/both",
              "/life/forward-rest",
              "/life/forward-wrapped",
              "/life/elsewhere-wrapped",
              "/life/dispatch-twice",
              "/life/dispatch-rest",
              "/life/dispatch-listener",
              "/life/timeout-dispatch",
              "/life/throw-runtime")) {
        raw(all, path, length, Copy.SAME);
      }
      // Read from what the container hands on: its own request, or the last that a filter passed.
      raw(all, "/life/elsewhere", length, Copy.SAME_OR_NONE);
      for (String earlier : List.of("wraps", "keeps")) {
        earlier(all, earlier, "/stream", length, Copy.SAME);
      }
    }
    for (String path : List.of("/nothing", "/some", "/life/status", "/life/dispatch-unread")) {
      raw(all, path, 2_000, path.equals("/some") ? Copy.SAME : Copy.LEFT);
      // Of chunks, not every container knows that the last is here.
      ReadingStyle chunked = all.get(all.size() - 1);
      all.set(all.size() - 1, chunked.with(Copy.SAME_OR_NONE, chunked.content));
    }
    for (String path :
        List.of(
            "/life/complete",
            "/life/complete-unread",
            "/life/closed",
            "/life/timeout",
            "/life/timeout-unheard",
            "/life/async-throw",
            "/life/async-throw-heard",
            "/life/throw-io",
            "/life/throw-paged",
            "/life/error-stream",
            "/life/error-parameter",
            "/life/unwrapped")) {
      raw(all, path, 2_000, Copy.SAME_OR_NONE);
    }
    forms(all);
    parts(all);
    earlierFilters(all);
    return all;
  }

  private static void raw(List<ReadingStyle> all, String path, int length, Copy copy) {
    byte[] content = GatewayFixture.bytes(length);
    RawRequest post = RawRequest.post(path).header("Content-Type", BYTES);
    String name = path + " of " + length + " bytes";
    all.add(new ReadingStyle(name, post.body(content), content, copy, content));
    if (!path.equals("/exactly")) {
      RawRequest chunked = post.chunked(content, 7_000, "x-sum: 1");
      all.add(new ReadingStyle(name + ", chunked", chunked, content, copy, content));
    }
  }

  private static void earlier(
      List<ReadingStyle> all, String what, String path, int length, Copy copy) {
    int from = all.size();
    raw(all, path, length, copy);
    all.subList(from, all.size()).replaceAll(style -> style.after(what));
  }

  private ReadingStyle after(String earlier) {
    return new ReadingStyle(
        name + ", after a filter that " + earlier,
        request.header("x-earlier", earlier),
        content,
        copy,
        sent);
  }

  private ReadingStyle with(Copy other, byte[] body) {
    return new ReadingStyle(name, request, content, other, body);
  }

  private static void forms(List<ReadingStyle> all) {
    String pairs = "a=1&b=2&c=" + "x".repeat(20_000);
    for (String path :
        List.of(
            "/parameters?z=0",
            "/parameters?a=q&&z&",
            "/parameter-a",
            "/parameter-then-stream",
            "/forward-parameters?z=0",
            "/life/dispatch-form")) {
      typed(all, path, FORM, pairs.getBytes(UTF_8), Copy.REBUILT);
    }
    for (String path : List.of("/stream", "/reader", "/listener", "/stream-then-parameters")) {
      typed(all, path, FORM, pairs.getBytes(UTF_8), Copy.SAME);
    }
    for (String path : List.of("/nothing", "/life/error-parameter", "/life/error-stream")) {
      Copy copy = path.equals("/life/error-parameter") ? Copy.ANY : Copy.SAME_OR_NONE;
      typed(all, path, FORM, "a=1&b=2".getBytes(UTF_8), copy);
    }
    typed(
        all,
        "/life/lines",
        "application/json",
        "{\"a\": \"\u00e9\"}\n\n[]".getBytes(UTF_8),
        Copy.SAME);
    typed(
        all,
        "/life/lines",
        "text/html; charset=iso-8859-1",
        "<p>\u00e9\r\n</p>".getBytes(ISO_8859_1),
        Copy.SAME);
    // No UTF-8, at once or after some that is.
    for (String text : List.of("\u00e9\n", "x".repeat(20_000) + "\u00e9" + "x".repeat(20_000))) {
      typed(
          all,
          "/reader",
          "text/plain; charset=utf-8",
          text.getBytes(ISO_8859_1),
          Copy.SAME_OR_NONE);
    }
    typed(all, "/life/lines-utf8", "text/plain", "\u00e9\n".getBytes(UTF_8), Copy.SAME);
    typed(all, "/life/lines", "text/plain; charset=utf-8", "\u00e9\n".getBytes(UTF_8), Copy.SAME);
  }

  private static void typed(
      List<ReadingStyle> all, String path, String type, byte[] content, Copy copy) {
    RawRequest post = RawRequest.post(path).header("Content-Type", type);
    String name = path + " of " + type;
    all.add(new ReadingStyle(name, post.body(content), content, copy, content));
    all.add(
        new ReadingStyle(name + ", chunked", post.chunked(content, 7_000), content, copy, content));
  }

  private static void parts(List<ReadingStyle> all) {
    byte[] parts =
        ("--b0und\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nhello\r\n"
                + "--b0und\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f.bin\"\r\n"
                + "Content-Type: application/octet-stream\r\n\r\n"
                + "\0\u00ff\r\n--b0unD".repeat(2_000)
                + "\r\n--b0und--\r\n")
            .getBytes(ISO_8859_1);
    for (String path : List.of("/parts", "/parameter-a", "/parameters?a=q")) {
      typed(all, path, PARTS, parts, Copy.REBUILT);
    }
    typed(all, "/stream", PARTS, parts, Copy.SAME);
    // No servlet that takes parts: whoever asks for a parameter finds none, and may read on.
    typed(all, "/life/parameter-then-stream", PARTS, parts, Copy.SAME);
    typed(all, "/life/part", PARTS, parts, Copy.SAME_OR_NONE);
    typed(all, "/nothing", PARTS, parts, Copy.SAME_OR_NONE);
  }

  private static void earlierFilters(List<ReadingStyle> all) {
    for (String path : List.of("/stream", "/bytes")) {
      int from = all.size();
      earlier(all, "doubles", path, 2_000, Copy.SAME);
      earlier(all, "doubles, and does not say so", path, 2_000, Copy.SAME);
      all.subList(from, all.size())
          .replaceAll(style -> style.with(style.copy, twice(style.content)));
      // More than was announced.
      all.set(from + 2, all.get(from + 2).with(Copy.NONE, new byte[0]));
    }
    for (String path : List.of("/stream", "/nothing")) {
      int from = all.size();
      earlier(all, "reads some", path, 2_000, Copy.NONE);
      ReadingStyle chunked = all.get(from + 1);
      // Nothing tells that it was longer.
      byte[] rest = Arrays.copyOfRange(chunked.content, 3, 2_000);
      all.set(from + 1, chunked.with(Copy.SAME_OR_NONE, rest));
    }
    byte[] form = "a=1&b=2".getBytes(UTF_8);
    for (String path : List.of("/parameter-a", "/stream", "/nothing")) {
      int from = all.size();
      typed(all, path, FORM, form, path.equals("/parameter-a") ? Copy.REBUILT : Copy.NONE);
      all.subList(from, all.size()).replaceAll(style -> style.after("reads a parameter"));
    }
    int from = all.size();
    typed(all, "/forward-parameters?a=q", FORM, form, Copy.REBUILT);
    all.subList(from, all.size()).replaceAll(style -> style.after("wraps"));
    from = all.size();
    typed(all, "/nothing", FORM, form, Copy.SAME_OR_NONE);
    all.subList(from, all.size()).replaceAll(style -> style.after("reads a parameter afterwards"));
  }

  private static byte[] twice(byte[] bytes) {
    byte[] twice = new byte[2 * bytes.length];
    for (int i = 0; i < twice.length; i++) {
      twice[i] = bytes[i / 2];
    }
    return twice;
  }
}
