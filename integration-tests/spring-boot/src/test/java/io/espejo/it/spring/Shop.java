package io.espejo.it.spring;

import io.espejo.servlet.MirrorFilter;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.util.MultiValueMap;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.context.request.async.DeferredResult;
import org.springframework.web.multipart.MultipartFile;

/** An application that is v1 itself; the filter is in it as docs/spring-boot.md has it. */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
class Shop {
  @Bean
  @ConditionalOnProperty("shop.rules")
  FilterRegistrationBean<MirrorFilter> mirror(@Value("${shop.rules}") String rules) {
    FilterRegistrationBean<MirrorFilter> mirror = new FilterRegistrationBean<>(new MirrorFilter());
    mirror.addInitParameter("rules", rules);
    mirror.addInitParameter("local", "httpbin/v1");
    mirror.setDispatcherTypes(EnumSet.allOf(DispatcherType.class));
    // Behind the filter that sets the charset, before all that read.
    mirror.setOrder(Ordered.HIGHEST_PRECEDENCE + 1);
    return mirror;
  }

  /** Answers with what it has read. */
  @RestController
  record Api(ServletContext context) {
    @GetMapping("/get")
    Map<String, String> get(@RequestHeader("Host") String host) {
      return Map.of("host", host);
    }

    @GetMapping("/server")
    String whose() {
      return context.getServerInfo();
    }

    @PostMapping("/bytes")
    byte[] bytes(@RequestBody byte[] body) {
      return body;
    }

    @PostMapping("/json")
    Map<String, Object> json(@RequestBody Map<String, Object> body) {
      return body;
    }

    @PostMapping("/stream")
    String stream(HttpServletRequest request) throws IOException {
      return "read " + request.getInputStream().readAllBytes().length;
    }

    @PostMapping("/form")
    String form(@RequestParam("a") List<String> values, @RequestParam("b") String other) {
      return values + " " + other;
    }

    @PutMapping("/form")
    String put(@RequestBody MultiValueMap<String, String> form) {
      return form.toString();
    }

    @PostMapping("/upload")
    String upload(@RequestParam("file") MultipartFile file, @RequestParam("text") String text)
        throws IOException {
      return file.getOriginalFilename()
          + " "
          + new String(file.getBytes(), StandardCharsets.UTF_8)
          + " "
          + text;
    }

    @PostMapping("/callable")
    Callable<String> callable(@RequestBody String body) {
      return () -> "later " + body;
    }

    @PostMapping("/deferred")
    DeferredResult<String> deferred(@RequestBody String body) {
      DeferredResult<String> result = new DeferredResult<>();
      CompletableFuture.runAsync(() -> result.setResult("much later " + body));
      return result;
    }

    @PostMapping("/nothing")
    String nothing() {
      return "nothing read";
    }

    @PostMapping("/fail")
    String fail(@RequestBody String body) {
      throw new IllegalStateException("as the test wants it: " + body);
    }
  }
}
