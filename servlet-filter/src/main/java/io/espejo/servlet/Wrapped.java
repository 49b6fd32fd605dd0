package io.espejo.servlet;

import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.ServletResponseWrapper;

/** Whether a wrapper of ours is somewhere inside what a dispatch brings. */
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
}
