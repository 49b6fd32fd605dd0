package io.espejo.it.application;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpUpgradeHandler;
import jakarta.servlet.http.PushBuilder;
import jakarta.servlet.http.WebConnection;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.TreeMap;

/**
 * An application that takes a request through the life that the path names, after {@code /life}:
 * asynchronous, dispatched, timed out, failed. It answers as {@link ReadingServlet} does.
 */
public final class LifeServlet extends HttpServlet {
  private static final long serialVersionUID = 1;

  /** Short, as a client waits for it. */
  private static final int TIMEOUT_MILLIS = 50;

  /** So long that a test is over before. */
  private static final int HELD_MILLIS = 60_000;

  /** What an error page is for. */
  public static final class Paged extends ServletException {
    private static final long serialVersionUID = 1;
  }

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
      throws ServletException, IOException {
    String style = request.getPathInfo();
    switch (style == null ? "/stream" : style) {
      case "/stream", "/page-stream" ->
          ReadingServlet.answer(response, request.getInputStream().readAllBytes());
      case "/page-parameter" -> answer(response, String.valueOf(request.getParameter("a")));
      case "/trailers" -> {
        int length = request.getInputStream().readAllBytes().length;
        answer(response, length + " " + new TreeMap<>(request.getTrailerFields()));
      }
      case "/lines" -> answer(response, lines(request.getReader()));
      case "/lines-utf8" -> {
        request.setCharacterEncoding("UTF-8");
        answer(response, lines(request.getReader()));
      }
      case "/skip" -> {
        ServletInputStream in = request.getInputStream();
        long skipped = in.skip(5);
        byte[] rest = in.readAllBytes();
        answer(response, skipped + " " + rest.length + " " + in.isFinished() + in.available());
      }
      case "/both" -> answer(response, both(request));
      case "/part" -> answer(response, String.valueOf(request.getPart("text")).length() > 4);
      case "/parameter-then-stream" -> {
        String first = request.getParameter("a");
        answer(response, first + " " + request.getInputStream().readAllBytes().length);
      }
      case "/forward-rest" -> {
        request.getInputStream().readNBytes(10);
        request.getRequestDispatcher("/stream").forward(request, response);
      }
      case "/forward-wrapped" ->
          request
              .getRequestDispatcher("/stream")
              .forward(new HttpServletRequestWrapper(request), response);
      case "/unwrapped" -> ReadingServlet.answer(response, containers(request).readAllBytes());
      case "/status" -> {
        response.setStatus(409);
        answer(response, "not read");
      }
      case "/closed" -> {
        answer(response, "not read");
        response.getOutputStream().close();
      }
      case "/complete" -> {
        AsyncContext async = request.startAsync();
        ReadingServlet.answer(response, request.getInputStream().readNBytes(10));
        async.complete();
      }
      case "/complete-unread" -> {
        AsyncContext async = request.startAsync();
        answer(response, "not read");
        async.complete();
      }
      case "/held" -> {
        request.startAsync().setTimeout(HELD_MILLIS);
        request.getInputStream().readNBytes(10);
      }
      case "/held-unread" -> request.startAsync().setTimeout(HELD_MILLIS);
      case "/elsewhere" -> readElsewhere(request.startAsync());
      case "/elsewhere-wrapped" -> readElsewhere(request.startAsync(request, response));
      case "/dispatch-unread" -> request.startAsync().dispatch("/nothing");
      case "/dispatch-twice" -> request.startAsync().dispatch("/dispatch");
      case "/dispatch-rest" -> {
        request.getInputStream().readNBytes(10);
        request.startAsync().dispatch("/stream");
      }
      case "/dispatch-listener" -> request.startAsync().dispatch("/listener");
      case "/dispatch-form" -> request.startAsync().dispatch("/parameters");
      case "/timeout" -> onEnd(request, response, false).setTimeout(TIMEOUT_MILLIS);
      case "/timeout-dispatch" -> onEnd(request, response, true).setTimeout(TIMEOUT_MILLIS);
      case "/timeout-unheard" -> request.startAsync().setTimeout(TIMEOUT_MILLIS);
      case "/async-throw" -> {
        request.startAsync().setTimeout(TIMEOUT_MILLIS);
        throw new ServletException("as the test wants it");
      }
      case "/async-throw-heard" -> {
        onEnd(request, response, false);
        throw new ServletException("as the test wants it");
      }
      case "/throw-runtime" -> {
        request.getInputStream().readAllBytes();
        throw new IllegalStateException("as the test wants it");
      }
      case "/throw-io" -> throw new IOException("as the test wants it");
      case "/throw-paged" -> throw new Paged();
      case "/error-stream" -> response.sendError(418);
      case "/error-parameter" -> response.sendError(422);
      case "/push" -> push(request, response);
      case "/upgrade" -> {
        response.setStatus(HttpServletResponse.SC_SWITCHING_PROTOCOLS);
        response.setHeader("Connection", "Upgrade");
        response.setHeader("Upgrade", "echo");
        request.upgrade(Echo.class);
      }
      default -> response.sendError(404);
    }
  }

  private static void answer(HttpServletResponse response, Object text) throws IOException {
    ReadingServlet.answer(response, text.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static String lines(BufferedReader reader) throws IOException {
    StringBuilder text = new StringBuilder();
    for (String line = reader.readLine(); line != null; line = reader.readLine()) {
      text.append(line).append('|');
    }
    return text.toString();
  }

  private static String both(HttpServletRequest request) throws IOException {
    ServletInputStream stream = request.getInputStream();
    boolean same = stream == request.getInputStream();
    try {
      request.getReader();
      return "both";
    } catch (IllegalStateException one) {
      return same + " " + stream.readAllBytes().length;
    }
  }

  /** The stream of the innermost request. */
  private static InputStream containers(HttpServletRequest request) throws IOException {
    ServletRequest inner = request;
    while (inner instanceof HttpServletRequestWrapper wrapper) {
      inner = wrapper.getRequest();
    }
    return inner.getInputStream();
  }

  private static void readElsewhere(AsyncContext async) {
    async.start(
        () -> {
          HttpServletResponse response = (HttpServletResponse) async.getResponse();
          try {
            ReadingServlet.answer(response, async.getRequest().getInputStream().readAllBytes());
          } catch (IOException failure) {
            response.setStatus(500);
          }
          async.complete();
        });
  }

  /** When its time is over or it fails, it is dispatched to who reads it, or answered. */
  private static AsyncContext onEnd(
      HttpServletRequest request, HttpServletResponse response, boolean dispatched) {
    AsyncContext async = request.startAsync();
    async.addListener(
        new AsyncListener() {
          @Override
          public void onTimeout(AsyncEvent event) throws IOException {
            if (dispatched) {
              async.dispatch("/stream");
            } else {
              answer(response, "time is over");
              async.complete();
            }
          }

          @Override
          public void onError(AsyncEvent event) throws IOException {
            answer(response, "failed");
            async.complete();
          }

          @Override
          public void onComplete(AsyncEvent event) {
            // Nothing is left to do.
          }

          @Override
          public void onStartAsync(AsyncEvent event) {
            // It is not heard any more.
          }
        });
    return async;
  }

  private static void push(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    PushBuilder builder = request.newPushBuilder();
    if (builder != null) {
      builder.path("/headers").push();
    }
    answer(response, builder == null ? "no push" : "pushed " + builder.getHeaderNames());
  }

  /** Sends back what it receives. */
  public static final class Echo implements HttpUpgradeHandler {
    @Override
    public void init(WebConnection connection) {
      Thread thread = new Thread(() -> echo(connection), "application-echo");
      thread.setDaemon(true);
      thread.start();
    }

    private static void echo(WebConnection connection) {
      try (connection) {
        InputStream in = connection.getInputStream();
        OutputStream out = connection.getOutputStream();
        for (int read = in.read(); read >= 0; read = in.read()) {
          out.write(read);
          out.flush();
        }
      } catch (Exception gone) {
        // The client has left.
      }
    }

    @Override
    public void destroy() {
      // The thread ends with the connection.
    }
  }
}
