package io.espejo.testkit;

import io.espejo.upstream.TestPem;
import java.io.IOException;
import java.time.Duration;

/** The faults of the matrix: what an origin does to every request, or why none gets to it. */
enum OriginFault {
  /** None: it reads the request and answers it. */
  NONE("is well", Reads.ALL),
  /** Nobody listens: connections are refused. */
  DOWN("is down", Reads.NOTHING),
  /** Its name has no address. */
  UNRESOLVABLE("has no address", Reads.NOTHING),
  /** Its certificate is nobody's whom the client trusts. */
  UNTRUSTED("fails the TLS handshake", Reads.NOTHING),
  /** It accepts the connection and reads nothing but a byte, by which it knows of a request. */
  SILENT("accepts and hangs", Reads.LITTLE) {
    @Override
    void accept(OriginConnection connection, Runnable met)
        throws IOException, InterruptedException {
      if (connection.takeByte()) {
        met.run();
        connection.hold(PATIENCE);
      }
      connection.close();
    }
  },
  /** It takes a byte a second off the connection. */
  SLOW("reads one byte a second", Reads.LITTLE) {
    @Override
    void accept(OriginConnection connection, Runnable met)
        throws IOException, InterruptedException {
      for (int i = 0; i < PATIENCE.toSeconds() && connection.takeByte(); i++) {
        met.run();
        connection.hold(Duration.ofSeconds(1));
      }
      connection.close();
    }
  },
  /** It reads the request and says nothing. */
  MUTE("never answers", Reads.ALL) {
    @Override
    Behaviour behaviour() {
      return Behaviour.neverAnswer();
    }
  },
  /** It stops within a header line. */
  HANGS_IN_HEAD("hangs in the answer's head", Reads.ALL) {
    @Override
    Behaviour behaviour() {
      return connection -> {
        connection.readBody();
        connection.send(HALF_A_HEAD);
        connection.awaitPeerClose();
      };
    }
  },
  /** It stops within the body. */
  HANGS_IN_BODY("hangs in the answer's body", Reads.ALL) {
    @Override
    Behaviour behaviour() {
      return Behaviour.hangInAnswer(ANSWER, HALF);
    }
  },
  /** It answers without end. */
  ENDLESS("answers without end", Reads.ALL) {
    @Override
    Behaviour behaviour() {
      return connection -> {
        connection.readBody();
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while (true) {
          connection.send(Answer.chunk(new byte[1000]));
          connection.hold(Duration.ofMillis(5));
        }
      };
    }
  },
  /** It answers as soon as it has the head, and closes. */
  HASTY("answers before the request is read", Reads.HEAD) {
    @Override
    Behaviour behaviour() {
      return Behaviour.answerAtHeadAndClose(Answer.of(413).header("Connection", "close"));
    }
  },
  /** It accepts the connection and resets it. */
  RESETS_AT_ONCE("resets after accept", Reads.NOTHING) {
    @Override
    void accept(OriginConnection connection, Runnable met) throws IOException {
      met.run();
      connection.reset();
    }
  },
  /** It resets once it has the head. */
  RESETS_AFTER_HEAD("resets after the head", Reads.HEAD) {
    @Override
    Behaviour behaviour() {
      return Behaviour.resetAfterHead();
    }
  },
  /** It resets once it has some of the body. */
  RESETS_IN_REQUEST("resets in mid-body", Reads.HEAD) {
    @Override
    Behaviour behaviour() {
      return Behaviour.resetInBody(500);
    }
  },
  /** It resets within a header line. */
  RESETS_IN_HEAD("resets in the answer's head", Reads.ALL) {
    @Override
    Behaviour behaviour() {
      return connection -> {
        connection.readBody();
        connection.send(HALF_A_HEAD);
        connection.reset();
      };
    }
  },
  /** It resets within the body. */
  RESETS_IN_BODY("resets in the answer's body", Reads.ALL) {
    @Override
    Behaviour behaviour() {
      return Behaviour.resetInAnswer(ANSWER, HALF);
    }
  },
  /** What it says is no HTTP. */
  GARBAGE("answers garbage", Reads.ALL) {
    @Override
    Behaviour behaviour() {
      return Behaviour.say("this is no HTTP at all\r\n\r\n");
    }
  },
  /** It answers 500. */
  BROKEN("answers 500", Reads.ALL) {
    @Override
    Behaviour behaviour() {
      return Behaviour.answer(Answer.of(500).body("broken"));
    }
  };

  /** Longer than any limit of the tests, so that it seems to be for ever. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final String HALF_A_HEAD = "HTTP/1.1 200 OK\r\nContent-Le";
  private static final Answer ANSWER = Answer.of(200).body("half of it".repeat(5000));
  private static final int HALF = 25_000;

  /** How much of a request it reads. */
  enum Reads {
    /** All of it, and only then it does what it does. */
    ALL,
    /** The head, and some of the body; then it has ended the exchange. */
    HEAD,
    /** Too little to be noticed; the exchange stays open. */
    LITTLE,
    /** None: the exchange is over at once. */
    NOTHING
  }

  private final String words;
  private final Reads reads;

  OriginFault(String words, Reads reads) {
    this.words = words;
    this.reads = reads;
  }

  /** The row of the tables in {@code docs/outcomes.md}. */
  String words() {
    return words;
  }

  Reads reads() {
    return reads;
  }

  /** Whether there is an origin that listens. */
  boolean listens() {
    return this != DOWN && this != UNRESOLVABLE;
  }

  /** Whether a request without a body can meet it. */
  boolean needsBody() {
    return this == RESETS_IN_REQUEST;
  }

  /** What it does with a request whose head is read; of {@link #NONE} there is nothing to say. */
  Behaviour behaviour() {
    return Behaviour.answer(Answer.of(200));
  }

  /** What it does with a new connection; {@code met} hears that the fault is at work. */
  void accept(OriginConnection connection, Runnable met) throws IOException, InterruptedException {
    // As a rule, nothing.
  }

  /** An origin of the kind that it needs; it is still to be made to behave. */
  RecordingOrigin origin(String name) throws IOException {
    return this == UNTRUSTED
        ? RecordingOrigin.start(
            name, 0, TestPem.server().getServerSocketFactory().createServerSocket())
        : RecordingOrigin.start(name, reads == Reads.LITTLE ? 8192 : 0);
  }

  /** The documents of a service of this name that ends at the origin, or where the fault says. */
  String service(String name, RecordingOrigin origin) throws IOException {
    boolean nowhere = this == UNRESOLVABLE;
    String entry =
        """
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata:
          name: %1$s
        spec:
          hosts: [%1$s.default.svc.cluster.local]
          location: MESH_INTERNAL
          ports:
          - {number: 8000, name: http, protocol: HTTP}
          resolution: %2$s
          endpoints:
          - {address: %3$s, ports: {http: %4$d}}
        ---
        """
            .formatted(
                name,
                nowhere ? "DNS" : "STATIC",
                nowhere ? "nowhere.invalid" : "127.0.0.1",
                this == DOWN ? RecordingOrigin.refusingPort() : origin.port());
    String tls =
        """
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata:
          name: %1$s
        spec:
          host: %1$s
          trafficPolicy: {tls: {mode: SIMPLE}}
        ---
        """
            .formatted(name);
    return this == UNTRUSTED ? entry + tls : entry;
  }

  /** Makes an origin behave so; {@code met} hears of each request that has met it. */
  void befall(RecordingOrigin origin, Runnable met) {
    befall(origin, behaviour(), met);
  }

  /** The same with another behaviour, for an origin that is well. */
  void befall(RecordingOrigin origin, Behaviour behaviour, Runnable met) {
    origin.onAccept(connection -> accept(connection, met));
    origin.behave(
        connection -> {
          connection.head();
          met.run();
          behaviour.serve(connection);
        });
  }
}
