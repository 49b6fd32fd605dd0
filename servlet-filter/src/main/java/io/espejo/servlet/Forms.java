package io.espejo.servlet;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Locale;

/** What kind of form a request's body is. */
final class Forms {
  private Forms() {}

  /** Whether a container reads the body when somebody asks for a parameter. */
  static boolean in(HttpServletRequest request) {
    return urlEncoded(request) || multipart(request);
  }

  static boolean urlEncoded(HttpServletRequest request) {
    return type(request, "application/x-www-form-urlencoded");
  }

  static boolean multipart(HttpServletRequest request) {
    return type(request, "multipart/form-data");
  }

  private static boolean type(HttpServletRequest request, String start) {
    String type = request.getContentType();
    return type != null && type.toLowerCase(Locale.ROOT).startsWith(start);
  }
}
