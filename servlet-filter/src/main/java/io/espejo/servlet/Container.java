package io.espejo.servlet;

import jakarta.servlet.ServletContext;

/** Which container serves, by what it says of itself: each has some ways of its own. */
enum Container {
  JETTY("jetty/"),
  TOMCAT("Apache Tomcat"),
  WILDFLY("WildFly"),
  OPEN_LIBERTY("Liberty"),
  OTHER("");

  private final String mark;

  Container(String mark) {
    this.mark = mark;
  }

  static Container of(ServletContext context) {
    String info = context.getServerInfo();
    for (Container container : values()) {
      if (info.contains(container.mark)) {
        return container;
      }
    }
    return OTHER;
  }
}
