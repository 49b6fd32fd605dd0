package io.espejo.config;

import java.util.Optional;
import java.util.Set;

/** Reading of fields that have one of several words for their value. */
final class Words {
  private Words() {}

  static Optional<String> read(Value value, Set<String> words) {
    Optional<String> text = value.text();
    if (text.filter(word -> !words.contains(word)).isPresent()) {
      value.refuse(String.join(" or ", words.stream().sorted().toList()));
      return Optional.empty();
    }
    return text;
  }
}
