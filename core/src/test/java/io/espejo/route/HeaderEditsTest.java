package io.espejo.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espejo.exchange.Headers;
import io.espejo.route.HeaderEdits.Edits;
import io.espejo.route.HeaderEdits.Line;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HeaderEditsTest {
  @Test
  void headers_removalRunsBeforeSetAndAdd() {
    assertThat(edited(new Edits(List.of("X-A"), List.of(line("x-a", "new")), List.of())))
        .containsExactly("x-b: 2", "x-a: new");
  }

  @Test
  void headers_setReplacesAllLinesAndAddMakesAFurtherOne() {
    assertThat(edited(new Edits(List.of(), List.of(line("x-a", "s")), List.of(line("x-a", "a")))))
        .containsExactly("x-b: 2", "x-a: s", "x-a: a");
  }

  @Test
  void headers_valuesAreMadeAfterTheRemovalsAndBeforeTheRest() {
    Edits edits =
        new Edits(
            List.of("x-b"),
            List.of(line("x-a", "[%REQ(x-a)%%REQ(x-b)%]")),
            List.of(line("x-c", "%REQ(x-a)%")));
    assertThat(edited(edits)).containsExactly("x-a: [1]", "x-c: 1");
  }

  @Test
  void headers_emptyValue_leavesThemAsTheyAre() {
    Edits edits =
        new Edits(List.of(), List.of(line("x-a", "%REQ(nosuch)%")), List.of(line("x-c", "")));
    assertThat(edited(edits)).containsExactly("x-a: 1", "x-a: 11", "x-b: 2");
  }

  @Test
  void headers_ofTwoLevelsInOneList_laterSetWins() {
    HeaderEdits route = edits(line("x-a", "route"), "route.org");
    HeaderEdits destination = edits(line("x-a", "destination"), "destination.org");
    HeaderEdits both = route.then(destination);
    assertThat(edited(both.request())).containsExactly("x-b: 2", "x-a: destination");
    assertThat(both.authority()).isEqualTo("route.org");
  }

  @ParameterizedTest
  @CsvSource({
    "plain, plain",
    "100%%, 100%",
    "%REQ(X-A)%, 1",
    "%REQ(nosuch?x-b)%, 2",
    "a%REQ(nosuch)%b, ab",
    "%PROTOCOL% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%, HTTP/1.1 203.0.113.9",
    "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%, 192.0.2.1",
    "%RESP(x-a)%, answer"
  })
  void headerValue_withExpressions_isFormatted(String text, String value) {
    assertThat(HeaderValue.parse(text).format(new Context(lines()))).isEqualTo(value);
  }

  @ParameterizedTest
  @ValueSource(strings = {"50%", "%REQ(a", "%REQ()%", "%START_TIME%", "%REQ(a):3%", "%FOO(x)%"})
  void headerValue_otherExpressions_areRefusedByName(String text) {
    assertThatThrownBy(() -> HeaderValue.parse(text)).hasMessageContaining("%");
  }

  @Test
  void headers_addedToOnesOfOneLine_followAfterAComma() {
    Headers.Builder lines =
        Headers.builder().add("Content-Type", "a").add("via", "1").add("via", "2").add("x-a", "1");
    Edits edits =
        new Edits(
            List.of(),
            List.of(),
            List.of(
                line("content-type", "b"), line("Via", "3"), line("x-a", "2"), line("etag", "e")));
    edits.applyToAnswer(lines, new Context(lines));
    Headers headers = lines.build();
    assertThat(headers.all("content-type")).containsExactly("a,b");
    assertThat(headers.all("via")).containsExactly("1,2,3");
    assertThat(headers.all("x-a")).containsExactly("1", "2");
    assertThat(headers.all("etag")).containsExactly("e");
  }

  private static HeaderEdits edits(Line set, String authority) {
    return new HeaderEdits(new Edits(List.of(), List.of(set), List.of()), Edits.NONE, authority);
  }

  private static Line line(String name, String value) {
    return new Line(name, HeaderValue.parse(value));
  }

  private static Headers.Builder lines() {
    return Headers.builder().add("x-a", "1").add("x-a", "11").add("x-b", "2");
  }

  private static List<String> edited(Edits edits) {
    Headers.Builder lines = lines();
    edits.applyToRequest(lines, new Context(lines));
    Headers headers = lines.build();
    return java.util.stream.IntStream.range(0, headers.size())
        .mapToObj(i -> headers.name(i) + ": " + headers.value(i))
        .toList();
  }

  private record Context(Headers.Builder lines) implements FormatContext {
    @Override
    public Optional<String> request(String name) {
      return lines.first(name);
    }

    @Override
    public Optional<String> response(String name) {
      return Optional.of("answer");
    }

    @Override
    public String clientAddress() {
      return "203.0.113.9";
    }

    @Override
    public String peerAddress() {
      return "192.0.2.1";
    }

    @Override
    public String protocol() {
      return "HTTP/1.1";
    }
  }
}
