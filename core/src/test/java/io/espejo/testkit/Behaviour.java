package io.espejo.testkit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/**
 * How an origin meets one request: called on the connection's own thread when the first byte of the
 * request is there (or, as {@link RecordingOrigin#onAccept}, when the connection is).
 *
 * <p>It may block. The origin's end of the connection unblocks it; what it leaves unread of a
 * request is recorded as {@link RecordedRequest.End#UNREAD}.
 */
@FunctionalInterface
public interface Behaviour {
  /** Accepts, and reads nothing, ever; for {@link RecordingOrigin#onAccept}. */
  Behaviour NEVER_READ = OriginConnection::hold;

  /** Resets the connection; for {@link RecordingOrigin#onAccept}. */
  Behaviour RESET = OriginConnection::reset;

  /** Closes the connection; for {@link RecordingOrigin#onAccept}. */
  Behaviour CLOSE = OriginConnection::close;

  /** Serves one request, or breaks the connection. */
  void serve(OriginConnection connection) throws IOException, InterruptedException;

  /** Reads the request to its end, then answers. */
  static Behaviour answer(Answer answer) {
    return connection -> {
      connection.readBody();
      connection.send(answer);
    };
  }

  /** Reads the request to its end; answers once {@code gate} is open. */
  static Behaviour answerOnceOpen(CountDownLatch gate, Answer answer) {
    return connection -> {
      connection.readBody();
      connection.await(gate);
      connection.send(answer);
    };
  }

  /** Reads the head; answers once {@code gate} is open, and only then reads the body. */
  static Behaviour readOnceOpen(CountDownLatch gate, Answer answer) {
    return connection -> {
      connection.head();
      connection.await(gate);
      connection.readBody();
      connection.send(answer);
    };
  }

  /** Reads the request at most {@code step} bytes at a time with {@code pause} between, answers. */
  static Behaviour answerPaced(int step, Duration pause, Answer answer) {
    return connection -> {
      connection.readBody(step, pause);
      connection.send(answer);
    };
  }

  /** Answers as soon as it has the head, then reads the rest. */
  static Behaviour answerAtHead(Answer answer) {
    return connection -> {
      connection.head();
      connection.send(answer);
      connection.readBody();
    };
  }

  /** Answers as soon as it has the head, and closes the connection. */
  static Behaviour answerAtHeadAndClose(Answer answer) {
    return connection -> {
      connection.head();
      connection.send(answer);
      connection.leave();
      connection.finish();
    };
  }

  /** Reads the request to its end, and answers nothing for as long as the peer stays. */
  static Behaviour neverAnswer() {
    return connection -> {
      connection.readBody();
      connection.awaitPeerClose();
    };
  }

  /** Reads the head, then not one byte more. */
  static Behaviour hangAfterHead() {
    return connection -> {
      connection.head();
      connection.leave();
      connection.hold();
    };
  }

  /** Reads the head and {@code bytes} bytes of the body, then not one more. */
  static Behaviour hangInBody(int bytes) {
    return connection -> {
      connection.readSome(bytes);
      connection.leave();
      connection.hold();
    };
  }

  /** Resets once it has the head. */
  static Behaviour resetAfterHead() {
    return connection -> {
      connection.head();
      connection.leave();
      connection.reset();
    };
  }

  /** Resets once it has {@code bytes} bytes of the body. */
  static Behaviour resetInBody(int bytes) {
    return connection -> {
      connection.readSome(bytes);
      connection.leave();
      connection.reset();
    };
  }

  /** Reads the request to its end, and resets instead of an answer. */
  static Behaviour resetInsteadOfAnswer() {
    return connection -> {
      connection.readBody();
      connection.reset();
    };
  }

  /** Reads the request to its end, and closes instead of an answer. */
  static Behaviour closeInsteadOfAnswer() {
    return connection -> {
      connection.readBody();
      connection.close();
    };
  }

  /** Sends the head of the answer and {@code bytes} bytes of what follows it, then resets. */
  static Behaviour resetInAnswer(Answer answer, int bytes) {
    return connection -> {
      connection.sendPart(answer, bytes);
      connection.reset();
    };
  }

  /** Sends the head of the answer and {@code bytes} bytes of what follows it, then closes. */
  static Behaviour closeInAnswer(Answer answer, int bytes) {
    return connection -> {
      connection.sendPart(answer, bytes);
      connection.close();
    };
  }

  /** Sends the head of the answer and {@code bytes} bytes of what follows it, then nothing. */
  static Behaviour hangInAnswer(Answer answer, int bytes) {
    return connection -> {
      connection.sendPart(answer, bytes);
      connection.awaitPeerClose();
    };
  }

  /** Reads the request to its end, sends {@code text} as it is, and closes. */
  static Behaviour say(String text) {
    return connection -> {
      connection.readBody();
      connection.send(text);
      connection.finish();
    };
  }

  /** Sends {@code count} interim answers before the final one. */
  static Behaviour interim(int status, int count, Answer answer) {
    return connection -> {
      connection.readBody();
      for (int i = 0; i < count; i++) {
        connection.send("HTTP/1.1 " + status + " Interim\r\n\r\n");
      }
      connection.send(answer);
    };
  }

  /** Sends {@code start}, then {@code again} for as long as the peer stays. */
  static Behaviour endless(String start, String again) {
    return connection -> {
      connection.readBody();
      connection.send(start);
      byte[] piece =
          again.repeat(Math.max(1, 4096 / again.length())).getBytes(StandardCharsets.ISO_8859_1);
      while (true) {
        connection.send(piece);
      }
    };
  }

  /** An answer whose head never ends. */
  static Behaviour endlessHead() {
    return endless("HTTP/1.1 200 OK\r\n", "X-Endless: yes\r\n");
  }

  /** An answer whose body never ends. */
  static Behaviour endlessBody() {
    return endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "8\r\nendless.\r\n");
  }

  /** Early hints without end. */
  static Behaviour endlessHints() {
    return endless("", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
  }

  /** Interim answers without end. */
  static Behaviour endlessInterim() {
    return endless("", "HTTP/1.1 102 Processing\r\n\r\n");
  }
}
