package io.espejo.config;

import io.espejo.route.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/** Istio's HTTPDirectResponse. */
record DirectRule(int status, Bytes body) {
  private static final int MAX_BODY = 1 << 20;
  private static final int LARGE_BODY = 100 << 10;

  static Optional<DirectRule> read(Fields owner) {
    return owner.take("directResponse").flatMap(Value::fields).map(DirectRule::of);
  }

  private static DirectRule of(Fields fields) {
    int status =
        fields.need("status", "200..599").flatMap(value -> value.integer(200, 599)).orElse(200);
    Bytes body =
        fields.take("body").flatMap(Value::fields).map(DirectRule::body).orElse(Bytes.NONE);
    fields.end();
    return new DirectRule(status, body);
  }

  private static Bytes body(Fields fields) {
    Optional<Value> string = fields.take("string");
    Optional<Value> bytes = fields.take("bytes");
    fields.end();
    if (string.isPresent() && bytes.isPresent()) {
      bytes.get().error("bytes beside string (expected: one of them)");
    }
    Optional<byte[]> body =
        string.isPresent()
            ? string.flatMap(Value::text).map(text -> text.getBytes(StandardCharsets.UTF_8))
            : bytes.flatMap(DirectRule::base64);
    int length = body.map(array -> array.length).orElse(0);
    if (length > MAX_BODY) {
      fields.owner().error(length + " bytes (expected: 0.." + MAX_BODY + ")");
    } else if (length > LARGE_BODY) {
      fields.owner().warn(length + " bytes are much to keep in memory");
    }
    return body.map(Bytes::copyOf).orElse(Bytes.NONE);
  }

  /** With its padding, and perhaps in several lines. */
  private static Optional<byte[]> base64(Value value) {
    Optional<String> text = value.text().map(t -> t.replaceAll("[\\r\\n]", ""));
    try {
      if (text.filter(t -> t.length() % 4 != 0).isEmpty()) {
        return text.map(Base64.getDecoder()::decode);
      }
    } catch (IllegalArgumentException e) {
      // refused below
    }
    value.error("not Base64");
    return Optional.empty();
  }
}
