package io.espejo.upstream;

import io.espejo.exchange.DownstreamRequest;
import io.espejo.route.Hash;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;

/** Chooses one of several endpoints. Safe for any threads. */
sealed interface Chooser {
  /** One of at least two, by their weights. */
  Endpoint choose(List<Endpoint> endpoints, Affinity affinity);

  /** What a request is bound by. */
  default Affinity affinity(DownstreamRequest request) {
    return Affinity.NONE;
  }

  static Chooser of(Balancing balancing) {
    if (balancing instanceof Balancing.RoundRobin) {
      return new InTurn();
    }
    if (balancing instanceof Balancing.Random) {
      return new AtRandom();
    }
    if (balancing instanceof Balancing.ConsistentHash hash) {
      return new Hashed(new HashKey(hash.key()));
    }
    return new LeastActive();
  }

  private static long totalWeight(List<Endpoint> endpoints) {
    long sum = 0;
    for (Endpoint endpoint : endpoints) {
      sum += endpoint.weight();
    }
    return sum;
  }

  /** Whose share of the weights this position falls into. */
  private static Endpoint at(List<Endpoint> endpoints, long position) {
    long left = position;
    for (Endpoint endpoint : endpoints) {
      left -= endpoint.weight();
      if (left < 0) {
        return endpoint;
      }
    }
    return endpoints.get(0);
  }

  private static Endpoint draw(List<Endpoint> endpoints) {
    return at(endpoints, ThreadLocalRandom.current().nextLong(totalWeight(endpoints)));
  }

  /** By nothing but the weights. */
  record AtRandom() implements Chooser {
    @Override
    public Endpoint choose(List<Endpoint> endpoints, Affinity affinity) {
      return draw(endpoints);
    }
  }

  /** Of two drawn the one with fewer requests now, as Envoy does it. */
  record LeastActive() implements Chooser {
    @Override
    public Endpoint choose(List<Endpoint> endpoints, Affinity affinity) {
      Endpoint one = draw(endpoints);
      Endpoint other = draw(endpoints);
      return other.active() < one.active() ? other : one;
    }
  }

  /**
   * In turn. Of different weights each round has every position once, in strides of about the
   * golden ratio, so that a heavy endpoint's turns lie apart.
   */
  record InTurn(AtomicLong turns) implements Chooser {
    private static final double GOLDEN = 0.618033988749895;

    InTurn() {
      this(new AtomicLong());
    }

    @Override
    public Endpoint choose(List<Endpoint> endpoints, Affinity affinity) {
      long turn = turns.getAndIncrement() & Long.MAX_VALUE;
      int weight = endpoints.get(0).weight();
      boolean alike = true;
      for (Endpoint endpoint : endpoints) {
        alike &= endpoint.weight() == weight;
      }
      if (alike) {
        return endpoints.get((int) (turn % endpoints.size()));
      }
      long total = totalWeight(endpoints);
      // Weights of 32 bits each: the product fits 64 unsigned ones.
      return at(endpoints, Long.remainderUnsigned((turn % total) * stride(total), total));
    }

    private static long stride(long total) {
      long stride = Math.max(1, Math.round(total * GOLDEN));
      while (gcd(stride, total) != 1) {
        stride++;
      }
      return stride;
    }

    private static long gcd(long one, long other) {
      return other == 0 ? one : gcd(other, one % other);
    }
  }

  /**
   * By rendezvous: of all endpoints the one whose own hash together with the request's scores best,
   * weights included. One that comes or goes moves its own share of the requests and no other.
   */
  record Hashed(HashKey key) implements Chooser {
    @Override
    public Affinity affinity(DownstreamRequest request) {
      return key.of(request);
    }

    @Override
    public Endpoint choose(List<Endpoint> endpoints, Affinity affinity) {
      if (affinity.hash().isEmpty()) {
        return draw(endpoints);
      }
      long hash = affinity.hash().getAsLong();
      Endpoint best = endpoints.get(0);
      double bestScore = 0;
      for (Endpoint endpoint : endpoints) {
        // Even in (0, 1): of 53 bits, and never 0.
        double even = ((Hash.mix(hash ^ endpoint.hash()) >>> 11) + 0.5) * 0x1p-53;
        double score = endpoint.weight() / -Math.log(even);
        if (score > bestScore) {
          best = endpoint;
          bestScore = score;
        }
      }
      return best;
    }
  }
}
