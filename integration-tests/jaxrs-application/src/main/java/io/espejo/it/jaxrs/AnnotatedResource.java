package io.espejo.it.jaxrs;

import io.espejo.jaxrs.Mirrored;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;

/** Methods that are mirrored, and others. */
@Path("/annotated")
@Produces("text/plain")
public class AnnotatedResource implements AnnotatedElsewhere {
  @POST
  @Path("rules")
  @Mirrored
  public String rules(String entity) {
    return "rules " + entity.length();
  }

  @POST
  @Path("own")
  @Mirrored(host = "httpbin", subset = "v2")
  public String own(String entity) {
    return "own " + entity.length();
  }

  @GET
  @Path("none")
  @Mirrored(host = "httpbin", subset = "v2", percentage = 0)
  public String none() {
    return "none";
  }

  @GET
  @Path("unknown")
  @Mirrored(host = "httpbin", subset = "v9")
  public String unknown() {
    return "unknown";
  }

  @GET
  @Path("plain")
  public String plain() {
    return "plain";
  }

  @Override
  public String elsewhere() {
    return "elsewhere";
  }

  /** All of this class. */
  @Path("/annotated-class")
  @Mirrored(host = "httpbin", subset = "v2", port = 8000)
  public static class Whole {
    @GET
    public String all() {
      return "all";
    }

    @GET
    @Path("none")
    @Mirrored(host = "httpbin", subset = "v2", percentage = 0)
    public String none() {
      return "none";
    }
  }

  /** Percentages end at 100. */
  @Path("/wrong")
  public static class WrongPercentage {
    @GET
    @Mirrored(host = "httpbin", percentage = 100.5)
    public String get() {
      return "";
    }
  }

  /** A subset of nothing. */
  @Path("/wrong")
  public static class WrongSubset {
    @GET
    @Mirrored(subset = "v2")
    public String get() {
      return "";
    }
  }

  /** The method that is wrong is below. */
  @Path("/wrong")
  public static class WrongBelow {
    @GET
    public String get() {
      return "";
    }

    @Path("below")
    public Below below() {
      return new Below();
    }

    /** What its locator gives. */
    public static class Below {
      @GET
      @Mirrored(host = "-")
      public String get() {
        return "";
      }
    }
  }
}
