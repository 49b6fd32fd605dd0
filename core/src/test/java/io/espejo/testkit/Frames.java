package io.espejo.testkit;

/** The numbers of HTTP/2 that its misbehaving ends have in common: RFC 9113, section 6. */
final class Frames {
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PING = 6;
  static final int GOAWAY = 7;
  static final int WINDOW_UPDATE = 8;

  static final int END_STREAM = 1;
  static final int ACK = 1;
  static final int END_HEADERS = 4;

  static final int INITIAL_WINDOW_SIZE = 4;
  static final int MAX_HEADER_LIST_SIZE = 6;

  /** How long a frame may be until the other end has allowed more. */
  static final int MAX_DATA = 16_384;

  private Frames() {}
}
