package io.espejo.it.application;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.ReadListener;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.Part;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * An application that reads a request's body in the way that the path names, and answers with what
 * it has read: its length, its SHA-256, and the text if it is short.
 */
public final class ReadingServlet extends HttpServlet {
  private static final long serialVersionUID = 1;

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
      throws ServletException, IOException {
    Object included = request.getAttribute(RequestDispatcher.INCLUDE_SERVLET_PATH);
    switch (included == null ? request.getServletPath() : included.toString()) {
      case "/stream" -> answer(response, request.getInputStream().readAllBytes());
      case "/bytes" -> answer(response, oneByOne(request.getInputStream()));
      case "/exactly" ->
          answer(response, request.getInputStream().readNBytes(request.getContentLength()));
      case "/some" -> answer(response, request.getInputStream().readNBytes(10));
      case "/nothing" -> answer(response, new byte[0]);
      case "/reader" -> answer(response, text(request.getReader()));
      case "/listener" -> listen(request, response);
      case "/thread" -> readElsewhere(request, response);
      case "/parameters" -> answer(response, parameters(request));
      case "/parameter-then-stream" -> {
        String first = request.getParameter("a");
        answer(response, first + " " + request.getInputStream().readAllBytes().length);
      }
      case "/parameter-a" -> answer(response, String.valueOf(request.getParameter("a")));
      case "/forward-parameters" ->
          request.getRequestDispatcher("/parameters?a=f&f=1").forward(request, response);
      case "/stream-then-parameters" -> {
        byte[] body = request.getInputStream().readAllBytes();
        answer(response, parameters(request) + body.length);
      }
      case "/cookies", "/cookies-kept" -> answer(response, cookies(request));
      case "/parts" -> answer(response, parts(request));
      case "/headers" -> answer(response, headers(request));
      case "/answer-headers" -> {
        response.setHeader("x-set", "application");
        response.addHeader("x-add", "application");
        response.setHeader("x-gone", "application");
        answer(response, new byte[0]);
      }
      case "/untyped" -> response.getOutputStream().write('x');
      case "/typed-by-header" -> {
        response.setHeader("Content-Type", "text/x");
        response.getOutputStream().write('x');
      }
      case "/forward" -> request.getRequestDispatcher("/stream").forward(request, response);
      case "/include" -> request.getRequestDispatcher("/stream").include(request, response);
      case "/named" ->
          request.getServletContext().getNamedDispatcher("named").forward(request, response);
      case "/dispatch" -> request.startAsync().dispatch("/stream");
      case "/dispatch-wrapped" -> request.startAsync(request, response).dispatch("/stream");
      case "/throw" -> {
        request.getInputStream().readAllBytes();
        throw new ServletException("as the test wants it");
      }
      case "/error" -> {
        request.getInputStream().readAllBytes();
        response.sendError(409);
      }
      case "/class" -> answer(response, request.getClass().getName());
      default -> response.sendError(404);
    }
  }

  private static void answer(HttpServletResponse response, String text) throws IOException {
    answer(response, text.getBytes(StandardCharsets.UTF_8));
  }

  static void answer(HttpServletResponse response, byte[] read) throws IOException {
    response.setContentType("text/plain");
    String shown = read.length > 2000 ? "" : new String(read, StandardCharsets.ISO_8859_1);
    String printable = shown.replaceAll("[^\\x20-\\x7e\\n]", "?");
    String body = read.length + " " + hash(read) + "\n" + printable;
    response.getOutputStream().write(body.getBytes(StandardCharsets.US_ASCII));
  }

  private static String hash(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static byte[] oneByOne(InputStream in) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int read = in.read(); read >= 0; read = in.read()) {
      bytes.write(read);
    }
    return bytes.toByteArray();
  }

  private static String text(Reader reader) throws IOException {
    StringBuilder text = new StringBuilder();
    char[] buffer = new char[1000];
    for (int read = reader.read(buffer); read >= 0; read = reader.read(buffer)) {
      text.append(buffer, 0, read);
    }
    return text.toString();
  }

  /** By name: the order of names is nobody's promise, and changes with a dispatch's query. */
  private static String parameters(HttpServletRequest request) {
    StringBuilder text = new StringBuilder();
    for (Map.Entry<String, String[]> entry : new TreeMap<>(request.getParameterMap()).entrySet()) {
      text.append(entry.getKey()).append(Arrays.toString(entry.getValue())).append('\n');
    }
    return text.toString();
  }

  private static String cookies(HttpServletRequest request) {
    StringBuilder text = new StringBuilder();
    Cookie[] cookies = request.getCookies();
    for (Cookie cookie : cookies == null ? new Cookie[0] : cookies) {
      text.append(cookie.getName()).append('=').append(cookie.getValue()).append('\n');
    }
    return text.toString();
  }

  private static String parts(HttpServletRequest request) throws IOException, ServletException {
    StringBuilder text = new StringBuilder();
    for (Part part : request.getParts()) {
      text.append(part.getName()).append(' ').append(part.getSubmittedFileName()).append(' ');
      try (InputStream content = part.getInputStream()) {
        text.append(part.getSize()).append(' ').append(hash(content.readAllBytes())).append('\n');
      }
    }
    return text.toString();
  }

  private static String headers(HttpServletRequest request) {
    StringBuilder text = new StringBuilder();
    for (String name : Collections.list(request.getHeaderNames())) {
      text.append(name.toLowerCase(Locale.ROOT))
          .append(Collections.list(request.getHeaders(name)))
          .append('\n');
    }
    return text.toString();
  }

  private static void readElsewhere(HttpServletRequest request, HttpServletResponse response) {
    AsyncContext async = request.startAsync();
    async.start(
        () -> {
          try {
            answer(response, request.getInputStream().readAllBytes());
          } catch (IOException failure) {
            response.setStatus(500);
          }
          async.complete();
        });
  }

  private static void listen(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    AsyncContext async = request.startAsync();
    // In the call: what Open Liberty calls meanwhile may find that it sets none.
    response.setContentType("text/plain");
    ServletInputStream input = request.getInputStream();
    ByteArrayOutputStream read = new ByteArrayOutputStream();
    input.setReadListener(
        new ReadListener() {
          private final byte[] buffer = new byte[3000];

          @Override
          public void onDataAvailable() throws IOException {
            while (input.isReady()) {
              int length = input.read(buffer);
              if (length < 0) {
                break;
              }
              read.write(buffer, 0, length);
            }
          }

          @Override
          public void onAllDataRead() throws IOException {
            answer(response, read.toByteArray());
            async.complete();
          }

          @Override
          public void onError(Throwable failure) {
            async.complete();
          }
        });
  }
}
