package io.espejo;

import io.espejo.exchange.DownstreamRequest;
import io.espejo.exchange.Headers;
import java.util.Optional;

/** Another request but for what an implementation says itself. */
interface DownstreamRequestView extends DownstreamRequest {
  /** That request. */
  DownstreamRequest request();

  @Override
  default String method() {
    return request().method();
  }

  @Override
  default String scheme() {
    return request().scheme();
  }

  @Override
  default String authority() {
    return request().authority();
  }

  @Override
  default String path() {
    return request().path();
  }

  @Override
  default Optional<String> query() {
    return request().query();
  }

  @Override
  default Headers headers() {
    return request().headers();
  }

  @Override
  default String peerAddress() {
    return request().peerAddress();
  }

  @Override
  default String clientAddress() {
    return request().clientAddress();
  }

  @Override
  default boolean fromTrustedProxy() {
    return request().fromTrustedProxy();
  }

  @Override
  default String protocol() {
    return request().protocol();
  }
}
