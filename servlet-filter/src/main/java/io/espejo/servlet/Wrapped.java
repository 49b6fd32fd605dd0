package io.espejo.servlet;

import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.ServletResponseWrapper;

/** What is inside the wrappers that a dispatch brings: one of ours, the container's own. */
final class Wrapped {
  private Wrapped() {}

  static boolean in(ServletRequest request, Class<?> type) {
    return type.isInstance(request)
        || (request instanceof ServletRequestWrapper wrapper && wrapper.isWrapperFor(type));
  }

  static boolean in(ServletResponse response, Class<?> type) {
    return type.isInstance(response)
        || (response instanceof ServletResponseWrapper wrapper && wrapper.isWrapperFor(type));
  }

  /** The container's own below all wrappers. */
  static ServletRequest innermost(ServletRequest request) {
    ServletRequest inner = request;
    while (inner instanceof ServletRequestWrapper wrapper) {
      inner = wrapper.getRequest();
    }
    return inner;
  }
}
