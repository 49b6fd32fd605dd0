package io.espejo.upstream;

import io.espejo.exchange.DownstreamRequest;
import io.espejo.route.FormatContext;
import java.util.Optional;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;

/** A request's head while the edits of a route change it. */
final class EditableHead implements FormatContext {
  private final DownstreamRequest request;
  private final HttpFields.Mutable fields;
  private final String target;
  private String authority;

  EditableHead(
      DownstreamRequest request, HttpFields.Mutable fields, String target, String authority) {
    this.request = request;
    this.fields = fields;
    this.target = target;
    this.authority = authority;
  }

  void authority(String other) {
    authority = other;
    fields.put(new HttpField(HttpHeader.HOST, other));
  }

  String authority() {
    return authority;
  }

  @Override
  public Optional<String> request(String name) {
    return switch (name) {
      case ":method" -> Optional.of(request.method());
      case ":scheme" -> Optional.of(request.scheme());
      case ":authority" -> Optional.of(authority);
      case ":path" -> Optional.of(target);
      default -> Optional.ofNullable(fields.get(name));
    };
  }

  @Override
  public Optional<String> response(String name) {
    return Optional.empty();
  }

  @Override
  public String clientAddress() {
    return request.clientAddress();
  }

  @Override
  public String peerAddress() {
    return request.peerAddress();
  }

  @Override
  public String protocol() {
    return request.protocol();
  }
}
