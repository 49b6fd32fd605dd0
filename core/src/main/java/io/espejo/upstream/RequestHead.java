package io.espejo.upstream;

import io.espejo.exchange.DownstreamRequest;
import io.espejo.exchange.Headers;
import io.espejo.route.FormatContext;
import io.espejo.route.Forward;
import io.espejo.route.HeaderEdits;
import io.espejo.route.Rewrite;
import io.espejo.route.WeightedCluster;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.jspecify.annotations.Nullable;

/**
 * The head of a request as it goes upstream: made once for v1, and derived from that for each copy.
 *
 * <p>The client's end-to-end lines in their order, without hop-by-hop ones and those that {@code
 * Connection} names (RFC 9110, section 7.6.1; {@code TE: trailers} stays, as with Envoy), without
 * {@code Expect}, {@code x-envoy-*} and the marker; with {@code x-request-id}, {@code
 * x-forwarded-for}, {@code -proto}, {@code -host} and {@code x-envoy-attempt-count}; a host that a
 * trusted proxy names stays, and so does its {@code x-forwarded-client-cert}. Immutable.
 */
public final class RequestHead {
  /** Marks a copy, so that nobody mirrors it again. */
  public static final String MARKER = "x-espejo-mirror";

  /** Marks a copy whose body is not the client's bytes, but what the container made of them. */
  public static final String REBUILT = "x-espejo-rebuilt";

  private static final String ORIGINAL_HOST = "x-envoy-original-host";
  private static final String ORIGINAL_PATH = "x-envoy-original-path";
  private static final String ATTEMPT_COUNT = "x-envoy-attempt-count";
  private static final String EXPECTED_TIMEOUT = "x-envoy-expected-rq-timeout-ms";

  /** Joins v1's request, its copies and their log lines. */
  private static final String REQUEST_ID = "x-request-id";

  /** What joins them may be kept long after the request, and must not be what a client likes. */
  private static final int MAX_REQUEST_ID = 256;

  private static final String FORWARDED_FOR = "x-forwarded-for";
  private static final String FORWARDED_HOST = "x-forwarded-host";
  private static final String FORWARDED_PROTO = "x-forwarded-proto";
  private static final String CLIENT_CERTIFICATE = "x-forwarded-client-cert";
  private static final HttpField PROTO_HTTP = line(FORWARDED_PROTO, "http");
  private static final HttpField PROTO_HTTPS = line(FORWARDED_PROTO, "https");
  private static final HttpField FIRST_ATTEMPT = line(ATTEMPT_COUNT, "1");
  private static final HttpField CHUNKED = new HttpField(HttpHeader.TRANSFER_ENCODING, "chunked");

  /** What a head takes of the heap beside its texts, and what each line does, in bytes. */
  private static final int MEMORY = 256;

  private static final int LINE_MEMORY = 128;

  /** What no match sees, besides what {@code Connection} names. */
  private static final Set<HttpHeader> NEVER_MATCHED =
      EnumSet.of(
          HttpHeader.KEEP_ALIVE,
          HttpHeader.PROXY_CONNECTION,
          HttpHeader.TRANSFER_ENCODING,
          HttpHeader.EXPECT);

  private static final HttpField SWITCH = line("Connection", "Upgrade");

  /** Without a known header, so that the generator writes it for bodiless methods, too. */
  private static final HttpField NO_BYTES = line("Content-Length", "0");

  /** How the body is delimited; kept from the client to v1 and v2. */
  public enum Framing {
    /** There is no body. */
    NONE,
    /** {@code Content-Length}. */
    LENGTH,
    /** {@code Transfer-Encoding: chunked}. */
    CHUNKED,
    /** HTTP/2 without a length: known when the first chunk, or the end, is there. */
    UNKNOWN
  }

  private final String method;
  private final String path;
  private final @Nullable String rawQuery;
  private final HttpFields fields;
  private final Framing framing;
  private final long contentLength;
  private final String authority;
  private final String requestId;

  private RequestHead(
      String method,
      String path,
      @Nullable String rawQuery,
      HttpFields fields,
      Framing framing,
      long contentLength,
      String authority,
      String requestId) {
    this.method = method;
    this.path = path;
    this.rawQuery = rawQuery;
    this.fields = fields;
    this.framing = framing;
    this.contentLength = contentLength;
    this.authority = authority;
    this.requestId = requestId;
  }

  /** The head for v1; {@code path} is the one that was matched. */
  public static RequestHead primary(DownstreamRequest request, String path) {
    Headers headers = request.headers();
    HttpFields.Mutable fields = HttpFields.build();
    String authority = request.authority();
    fields.add(new HttpField(HttpHeader.HOST, authority));

    Set<String> nominated = nominated(headers);
    boolean chunked = false;
    long length = -1;
    String requestId = null;
    StringBuilder forwardedFor = null;
    boolean forwardedHost = false;
    for (int line = 0; line < headers.size(); line++) {
      String name = headers.name(line);
      String value = headers.value(line);
      HttpHeader known = HttpHeader.CACHE.get(name);
      if (known != null) {
        switch (known) {
          case HOST, CONNECTION, KEEP_ALIVE, PROXY_CONNECTION, UPGRADE, EXPECT, HTTP2_SETTINGS -> {
            continue;
          }
          case TE -> {
            if (takesTrailers(value)) {
              fields.add(line(name, "trailers"));
            }
            continue;
          }
          case TRANSFER_ENCODING -> {
            chunked = true;
            continue;
          }
          case CONTENT_LENGTH -> {
            length = parseLength(value, length);
            continue;
          }
          case X_FORWARDED_FOR -> {
            if (forwardedFor == null) {
              forwardedFor = new StringBuilder(value);
            } else {
              forwardedFor.append(',').append(value);
            }
            continue;
          }
          case X_FORWARDED_PROTO -> {
            continue;
          }
          case X_FORWARDED_HOST -> {
            if (request.fromTrustedProxy()) {
              forwardedHost = true;
              fields.add(line(name, value));
            }
            continue;
          }
          default -> {
            if (nominated.isEmpty() || !nominated.contains(name.toLowerCase(Locale.ROOT))) {
              fields.add(line(name, value));
            }
            continue;
          }
        }
      }
      if (ours(name)
          || (!request.fromTrustedProxy() && name.equalsIgnoreCase(CLIENT_CERTIFICATE))
          || (!nominated.isEmpty() && nominated.contains(lower(name)))) {
        continue;
      }
      if (name.equalsIgnoreCase(REQUEST_ID)) {
        if (value.isBlank()) {
          continue;
        }
        if (requestId == null) {
          requestId = shortened(value);
        }
      }
      fields.add(line(name, value));
    }
    if (requestId == null) {
      requestId = newRequestId();
      fields.add(line(REQUEST_ID, requestId));
    }
    String peer = request.peerAddress();
    if (forwardedFor != null) {
      fields.add(
          line(
              FORWARDED_FOR,
              peer.isEmpty()
                  ? forwardedFor.toString()
                  : forwardedFor.append(',').append(peer).toString()));
    } else if (!peer.isEmpty()) {
      fields.add(line(FORWARDED_FOR, peer));
    }
    fields.add(request.scheme().equals("https") ? PROTO_HTTPS : PROTO_HTTP);
    if (!forwardedHost) {
      fields.add(line(FORWARDED_HOST, authority));
    }
    fields.add(FIRST_ATTEMPT);

    upgrade(request)
        .ifPresent(
            protocols -> {
              fields.add(SWITCH);
              fields.add(line("Upgrade", protocols));
            });

    Framing framing = framing(request, chunked, length);
    switch (framing) {
      case CHUNKED -> fields.add(CHUNKED);
      case LENGTH -> {
        if (length == 0 && !generatorSaysLength(request.method())) {
          fields.add(NO_BYTES);
        }
      }
      default -> {}
    }
    return new RequestHead(
        request.method(),
        path,
        request.query().orElse(null),
        fields.asImmutable(),
        framing,
        framing == Framing.LENGTH ? length : -1,
        authority,
        requestId);
  }

  /**
   * The client's lines as a match sees them: as in Envoy, those that are for this connection alone
   * are gone, {@code TE} says {@code trailers} or nothing, and what only a trusted proxy may say is
   * not there. A request to switch protocols keeps the lines that ask for it.
   */
  public static Headers matched(DownstreamRequest request) {
    Headers headers = request.headers();
    Set<String> nominated = nominated(headers);
    boolean upgrade = upgrade(request).isPresent();
    Headers.Builder lines = Headers.builder();
    for (int line = 0; line < headers.size(); line++) {
      String name = headers.name(line);
      String value = headers.value(line);
      HttpHeader known = HttpHeader.CACHE.get(name);
      if (known == HttpHeader.TE) {
        if (takesTrailers(value)) {
          lines.add(name, "trailers");
        }
      } else if (known == HttpHeader.CONNECTION || known == HttpHeader.UPGRADE) {
        if (upgrade) {
          lines.add(name, value);
        }
      } else if (!NEVER_MATCHED.contains(known)
          && (request.fromTrustedProxy() || !onlyProxiesSay(name))
          && (nominated.isEmpty() || !nominated.contains(lower(name)))) {
        lines.add(name, value);
      }
    }
    return lines.build();
  }

  private static boolean onlyProxiesSay(String name) {
    return (ours(name) && !name.equalsIgnoreCase(MARKER))
        || name.equalsIgnoreCase(CLIENT_CERTIFICATE);
  }

  /**
   * This head as a route has it for v1: the edits of the chosen cluster, then those of the route,
   * then the rewrites; {@code x-envoy-original-path} and {@code -host} say what they were.
   */
  public RequestHead routed(Forward route, WeightedCluster chosen, DownstreamRequest request) {
    HeaderEdits first = chosen.edits();
    Optional<Rewrite> rewrite = route.rewrite();
    if (first.request().isEmpty()
        && first.authority().isEmpty()
        && route.edits().request().isEmpty()
        && rewrite.isEmpty()) {
      return this;
    }
    HttpFields.Mutable edited = HttpFields.build(fields);
    String target = target();
    EditableHead head = new EditableHead(request, edited, target, authority);
    FieldLines lines = new FieldLines(edited);
    first.request().applyToRequest(lines, head);
    if (!first.authority().isEmpty()) {
      head.authority(first.authority());
    }
    route.edits().request().applyToRequest(lines, head);
    String newPath = path;
    if (rewrite.isPresent()) {
      if (!rewrite.get().authority().isEmpty()) {
        edited.put(line(ORIGINAL_HOST, head.authority()));
        head.authority(rewrite.get().authority());
      }
      if (rewrite.get().path().isPresent()) {
        edited.put(line(ORIGINAL_PATH, target));
        newPath = rewrite.get().path().get().apply(path);
      }
    }
    return new RequestHead(
        method,
        newPath,
        rawQuery,
        edited.asImmutable(),
        framing,
        contentLength,
        head.authority(),
        requestId);
  }

  /**
   * How long an answer may take: as long as the route says, and for gRPC at most as long as its
   * client says. Zero: for ever.
   */
  public Duration timeout(Duration ofRoute) {
    String said = isGrpc() ? fields.get(GrpcTimeout.HEADER) : null;
    Duration asked = Optional.ofNullable(said).flatMap(GrpcTimeout::parse).orElse(Duration.ZERO);
    return asked.isZero() || (!ofRoute.isZero() && asked.compareTo(ofRoute) > 0) ? ofRoute : asked;
  }

  /**
   * This head, telling v1 how long an answer is waited for, in milliseconds, for gRPC in its own
   * header as well; 0: for ever, and nothing is told.
   */
  public RequestHead expecting(long timeoutMillis) {
    RequestHead told = shadowExpecting(timeoutMillis);
    return timeoutMillis == 0 || !isGrpc()
        ? told
        : told.with(GrpcTimeout.HEADER, GrpcTimeout.of(timeoutMillis));
  }

  /** The same for a copy, which has the header of gRPC as v1 has it. */
  public RequestHead shadowExpecting(long timeoutMillis) {
    return timeoutMillis == 0 ? this : with(EXPECTED_TIMEOUT, Long.toString(timeoutMillis));
  }

  /** This head for a further attempt: 2 for the first one after the first. */
  public RequestHead attempt(int number) {
    return with(ATTEMPT_COUNT, Integer.toString(number));
  }

  private RequestHead with(String name, String value) {
    HttpFields.Mutable changed = HttpFields.build(fields);
    changed.put(line(name, value));
    return with(changed);
  }

  private RequestHead with(HttpFields lines) {
    return new RequestHead(
        method, path, rawQuery, lines.asImmutable(), framing, contentLength, authority, requestId);
  }

  private String target() {
    return rawQuery == null ? path : path + "?" + rawQuery;
  }

  /**
   * The first line of a header, or {@code :method}, {@code :authority}, {@code :path} (with the
   * query).
   */
  public Optional<String> header(String name) {
    return switch (name) {
      case ":method" -> Optional.of(method);
      case ":authority" -> Optional.of(authority);
      case ":path" -> Optional.of(target());
      default -> Optional.ofNullable(fields.get(name));
    };
  }

  /** This head with its lines edited; {@code context} is its exchange, of which the edits speak. */
  public RequestHead edited(HeaderEdits.Edits edits, FormatContext context) {
    HttpFields.Mutable edited = HttpFields.build(fields);
    edits.applyToRequest(new FieldLines(edited), context);
    return with(edited);
  }

  /** The head of a copy: v1's with another host, and marked with the instance that made it. */
  public RequestHead shadow(String shadowHost, String instance) {
    HttpFields.Mutable shadowFields = HttpFields.build(fields);
    shadowFields.put(new HttpField(HttpHeader.HOST, shadowHost));
    shadowFields.add(line(MARKER, instance));
    return with(shadowFields);
  }

  /**
   * This head for a body that was made anew, and a line that says so.
   *
   * @param length in bytes, or -1 to send it in chunks
   */
  public RequestHead rebuilt(long length) {
    HttpFields.Mutable changed = HttpFields.build(fields);
    changed.remove(HttpHeader.TRANSFER_ENCODING);
    changed.remove(HttpHeader.CONTENT_LENGTH);
    changed.add(line(REBUILT, "true"));
    if (length < 0) {
      changed.add(CHUNKED);
    }
    return new RequestHead(
        method,
        path,
        rawQuery,
        changed.asImmutable(),
        length < 0 ? Framing.CHUNKED : Framing.LENGTH,
        length,
        authority,
        requestId);
  }

  /** This head, once it is known whether a body follows that had no framing. */
  public RequestHead framed(boolean body) {
    HttpFields.Mutable framed = HttpFields.build(fields);
    if (body) {
      framed.add(CHUNKED);
    }
    return new RequestHead(
        method,
        path,
        rawQuery,
        framed.asImmutable(),
        body ? Framing.CHUNKED : Framing.NONE,
        -1,
        authority,
        requestId);
  }

  /** A line whose name goes out as it is; the generator would give a known one its own case. */
  static HttpField line(String name, String value) {
    return new HttpField(null, name, value);
  }

  /** What joins a request and its copies, before it has a head; empty where it has none. */
  public static String requestId(Headers headers) {
    return headers.first(REQUEST_ID).map(RequestHead::shortened).orElse("");
  }

  private static String shortened(String id) {
    return id.length() <= MAX_REQUEST_ID ? id : id.substring(0, MAX_REQUEST_ID);
  }

  private static boolean takesTrailers(String te) {
    for (String coding : te.split(",", -1)) {
      if (coding.trim().equalsIgnoreCase("trailers")) {
        return true;
      }
    }
    return false;
  }

  /** Whether Jetty's generator writes a length of 0 by itself. */
  private static boolean generatorSaysLength(String method) {
    return method.equalsIgnoreCase("POST") || method.equalsIgnoreCase("PUT");
  }

  /** The same with a body or none: known when the first byte, or the end, is there. */
  public RequestHead unframed() {
    return framing != Framing.NONE
        ? this
        : new RequestHead(
            method, path, rawQuery, fields, Framing.UNKNOWN, -1, authority, requestId);
  }

  private static Framing framing(DownstreamRequest request, boolean chunked, long length) {
    if (chunked) {
      return Framing.CHUNKED;
    }
    if (length >= 0) {
      return Framing.LENGTH;
    }
    return request.protocol().startsWith("HTTP/1") ? Framing.NONE : Framing.UNKNOWN;
  }

  /** Containers refuse two different lengths; should one not, the first stands. */
  private static long parseLength(String value, long known) {
    if (known >= 0) {
      return known;
    }
    try {
      return Math.max(Long.parseLong(value.trim()), -1);
    } catch (NumberFormatException notANumber) {
      return -1;
    }
  }

  private static Set<String> nominated(Headers headers) {
    Set<String> names = Set.of();
    for (int line = headers.indexOf("connection", 0);
        line >= 0;
        line = headers.indexOf("connection", line + 1)) {
      for (String option : headers.value(line).split(",", -1)) {
        String name = lower(option.trim());
        if (!name.isEmpty() && !name.equals("keep-alive") && !name.equals("close")) {
          if (names.isEmpty()) {
            names = new HashSet<>();
          }
          names.add(name);
        }
      }
    }
    return names;
  }

  private static boolean ours(String name) {
    return name.length() > 7
        && (name.charAt(0) == 'x' || name.charAt(0) == 'X')
        && (name.regionMatches(true, 0, "x-envoy-", 0, 8)
            || name.equalsIgnoreCase(MARKER)
            || name.equalsIgnoreCase(REBUILT));
  }

  private static String lower(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  /** A random (version 4) UUID; it need not be secret, so no lock is taken for it. */
  private static String newRequestId() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    long high = (random.nextLong() & ~0xF000L) | 0x4000L;
    long low = (random.nextLong() & ~(3L << 62)) | (2L << 62);
    return new UUID(high, low).toString();
  }

  /** The method as sent. */
  public String method() {
    return method;
  }

  String path() {
    return path;
  }

  @Nullable String rawQuery() {
    return rawQuery;
  }

  HttpFields fields() {
    return fields;
  }

  /** How the body is delimited. */
  public Framing framing() {
    return framing;
  }

  /** The length of the body in bytes if its framing is {@link Framing#LENGTH}, else -1. */
  public long contentLength() {
    return contentLength;
  }

  /** Whether a body may follow. */
  public boolean hasBody() {
    return framing != Framing.NONE && contentLength != 0;
  }

  /** Whether its client reads errors as gRPC has them, as Envoy tells it. */
  public boolean isGrpc() {
    String type = fields.get("content-type");
    return type != null
        && (type.equals("application/grpc") || type.startsWith("application/grpc+"));
  }

  /** v1's host, as v1 sees it. */
  public String authority() {
    return authority;
  }

  /** What joins v1's request, its copies and their log lines: up to 256 characters of the id. */
  public String requestId() {
    return requestId;
  }

  /** Whether it asks v1 to switch to another protocol. */
  public boolean isUpgrade() {
    return fields.contains("upgrade");
  }

  /** About how much memory the head takes while it is in flight, in bytes. */
  public int memory() {
    int bytes = path.length() + (rawQuery == null ? 0 : rawQuery.length()) + MEMORY;
    for (HttpField field : fields) {
      bytes +=
          field.getName().length()
              + (field.getValue() == null ? 0 : field.getValue().length())
              + LINE_MEMORY;
    }
    return bytes;
  }

  /**
   * The protocols that the request asks to switch to (RFC 9110, section 7.8), if it does.
   *
   * <p>Not HTTP/2, which Envoy leaves out, too: v1 would speak it with a client of HTTP/1.1. Nor
   * with a body, which a server may answer as if nothing was asked.
   */
  public static Optional<String> upgrade(DownstreamRequest request) {
    Headers headers = request.headers();
    if (!headers.contains("upgrade")
        || !request.protocol().equals("HTTP/1.1")
        || request.method().equals("CONNECT")
        || headers.contains("transfer-encoding")
        || headers.first("content-length").filter(length -> !length.equals("0")).isPresent()
        || !nominated(headers).contains("upgrade")) {
      return Optional.empty();
    }
    String protocols =
        headers.all("upgrade").stream()
            .flatMap(line -> Arrays.stream(line.split(",", -1)))
            .map(String::trim)
            .filter(protocol -> !protocol.isEmpty() && !protocol.equalsIgnoreCase("h2c"))
            .collect(Collectors.joining(", "));
    return Optional.of(protocols).filter(asked -> !asked.isEmpty());
  }
}
