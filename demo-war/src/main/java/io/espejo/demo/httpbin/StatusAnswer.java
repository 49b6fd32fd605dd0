package io.espejo.demo.httpbin;

import jakarta.ws.rs.core.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** What {@code /status/{codes}} answers: one code, or one drawn from {@code 200:3,500:1}. */
final class StatusAnswer {
  private static final String HTML = "text/html; charset=utf-8";
  private static final String NOT_ACCEPTABLE =
      """
      {"message": "Client did not request a supported media type.", \
      "accept": ["image/webp", "image/svg+xml", "image/jpeg", "image/png", "image/*"]}""";
  private static final String TEAPOT =
      """

          -=[ teapot ]=-

             _...._
           .'  _ _ `.
          | ."` ^ `". _,
          \\_;`"---"`|//
            |       ;/
            \\_     _/
              `\"""`
      """;

  private StatusAnswer() {}

  private record Choice(int code, double upTo) {}

  static Response of(String codes) {
    List<Choice> choices = new ArrayList<>();
    double total = 0;
    try {
      for (String choice : codes.split(",", -1)) {
        String[] parts = choice.split(":", 2);
        total += parts.length == 1 ? 1 : Math.max(0, Double.parseDouble(parts[1]));
        choices.add(new Choice(Integer.parseInt(parts[0].strip()), total));
      }
    } catch (NumberFormatException notANumber) {
      return invalid();
    }
    double drawn = ThreadLocalRandom.current().nextDouble() * total;
    for (Choice choice : choices) {
      if (drawn < choice.upTo()) {
        return answer(choice.code());
      }
    }
    return invalid();
  }

  private static Response answer(int code) {
    if (code < 200 || code > 599) {
      return invalid();
    }
    Response.ResponseBuilder answer = Response.status(code);
    return switch (code) {
      case 204, 304 -> answer.build();
      case 301, 302, 303, 305, 307 -> answer.header("Location", "/redirect/1").build();
      case 401 -> answer.header("WWW-Authenticate", "Basic realm=\"Fake Realm\"").build();
      case 406 -> Whole.answer(answer, "application/json", NOT_ACCEPTABLE);
      case 418 ->
          Whole.answer(
              answer.header("x-more-info", "http://tools.ietf.org/html/rfc2324"), HTML, TEAPOT);
      default -> Whole.answer(answer, HTML, "");
    };
  }

  private static Response invalid() {
    return Whole.answer(Response.status(400), "text/plain; charset=utf-8", "Invalid status code");
  }
}
