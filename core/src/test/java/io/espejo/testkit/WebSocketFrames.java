package io.espejo.testkit;

import io.espejo.exchange.Headers;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** As much of RFC 6455 as an echo needs: frames below 126 bytes, unfragmented. */
final class WebSocketFrames {
  private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  private static final int CLOSE = 8;

  private WebSocketFrames() {}

  /** The answer to a handshake. */
  static String accept(Headers request) {
    String key = request.first("Sec-WebSocket-Key").orElseThrow() + GUID;
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-1").digest(key.getBytes(StandardCharsets.US_ASCII));
      return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          + ("Sec-WebSocket-Accept: " + Base64.getEncoder().encodeToString(hash) + "\r\n\r\n");
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** Reads a client's frame, and gives it as a server sends it; empty at the end. */
  static byte[] echoOf(InputStream in) throws IOException {
    int first = in.read();
    if (first < 0) {
      return new byte[0];
    }
    DataInputStream data = new DataInputStream(in);
    int length = data.readUnsignedByte() & 0x7f;
    byte[] mask = new byte[4];
    data.readFully(mask);
    byte[] payload = new byte[length];
    data.readFully(payload);
    for (int i = 0; i < length; i++) {
      payload[i] ^= mask[i % 4];
    }
    ByteArrayOutputStream frame = new ByteArrayOutputStream();
    frame.write(first);
    frame.write(length);
    frame.writeBytes(payload);
    return frame.toByteArray();
  }

  static boolean isClose(byte[] frame) {
    return frame.length > 0 && (frame[0] & 0x0f) == CLOSE;
  }
}
