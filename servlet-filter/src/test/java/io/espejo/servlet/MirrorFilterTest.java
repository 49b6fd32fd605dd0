package io.espejo.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.Espejo;
import io.espejo.Settings;
import io.espejo.config.ConfigSource;
import jakarta.servlet.FilterConfig;
import jakarta.servlet.ServletContext;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MirrorFilterTest {
  @TempDir Path rules;

  private final Map<Object, Object> attributes = new HashMap<>();

  private final ServletContext context =
      made(
          ServletContext.class,
          (proxy, method, arguments) ->
              switch (method.getName()) {
                case "getAttribute" -> attributes.get(arguments[0]);
                case "setAttribute" -> attributes.put(arguments[0], arguments[1]);
                case "removeAttribute" -> attributes.remove(arguments[0]);
                case "getServerInfo" -> "a test";
                case "getInitParameter" ->
                    arguments[0].equals("espejo.rules") ? rules.toString() : null;
                default -> null;
              });

  @Test
  void init_whereAFeatureRunsAlready_sharesWhatItRunsOn() throws Exception {
    try (Espejo features = open()) {
      attributes.put(Espejo.class.getName(), features);
      MirrorFilter filter = new MirrorFilter();

      filter.init(config(null));

      assertThat(shown()).isSameAs(features);
      filter.destroy();
      assertThat(shown()).isSameAs(features);
      assertThat(features.accepting()).isTrue();
    }
  }

  @Test
  void init_withRulesOfItsOwn_opensThem() throws Exception {
    try (Espejo features = open()) {
      attributes.put(Espejo.class.getName(), features);
      MirrorFilter filter = new MirrorFilter();

      filter.init(config(rules.toString()));

      Espejo its = shown();
      assertThat(its).isNotSameAs(features);
      filter.destroy();
      assertThat(its.accepting()).isFalse();
      assertThat(features.accepting()).isTrue();
    }
  }

  @Test
  void init_whereWhatRanIsClosed_opensAnother() throws Exception {
    Espejo gone = open();
    gone.close();
    attributes.put(Espejo.class.getName(), gone);
    MirrorFilter filter = new MirrorFilter();

    filter.init(config(null));

    assertThat(shown().accepting()).isTrue();
    filter.destroy();
    assertThat(attributes).isEmpty();
  }

  private Espejo open() throws Exception {
    return Espejo.open(ConfigSource.path(rules), Settings.DEFAULT);
  }

  private Espejo shown() {
    return (Espejo) attributes.get(Espejo.class.getName());
  }

  private FilterConfig config(@Nullable String itsRules) {
    return made(
        FilterConfig.class,
        (proxy, method, arguments) ->
            switch (method.getName()) {
              case "getServletContext" -> context;
              case "getInitParameter" -> arguments[0].equals("rules") ? itsRules : null;
              case "getInitParameterNames" ->
                  Collections.enumeration(itsRules == null ? List.of("forms") : List.of("rules"));
              default -> null;
            });
  }

  private static <T> T made(Class<T> type, InvocationHandler handler) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }
}
