package io.espejo.config;

/** Where something stands: see {@link Problem}. */
record Place(String file, int line, int column, String path) {
  /** The place of a field that is missing here. */
  Place field(String name) {
    return new Place(file, line, column, path.isEmpty() ? name : path + "." + name);
  }
}
