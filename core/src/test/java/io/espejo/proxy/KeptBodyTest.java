package io.espejo.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.exchange.BodyChunk;
import io.espejo.exchange.ChunkPool;
import io.espejo.exchange.MemoryBudget;
import org.junit.jupiter.api.Test;

class KeptBodyTest {
  @Test
  void body_ofTheBound_isKept() {
    MemoryBudget memory = new MemoryBudget(1000);
    KeptBody kept = new KeptBody(memory, 100);

    assertThat(kept.add(BodyChunk.of(new byte[100], false))).isTrue();
    assertThat(kept.isWhole()).isTrue();

    kept.drop();
    assertThat(memory.used()).isZero();
  }

  @Test
  void body_beyondTheBound_isLetGo() {
    MemoryBudget memory = new MemoryBudget(1000);
    KeptBody kept = new KeptBody(memory, 100);
    kept.add(BodyChunk.of(new byte[100], false));

    assertThat(kept.add(BodyChunk.of(new byte[1], false))).isFalse();

    assertThat(kept.isWhole()).isFalse();
    assertThat(memory.used()).isZero();
  }

  @Test
  void bodies_beyondTheMemoryOfAll_areLetGo() {
    MemoryBudget memory = new MemoryBudget(200);
    KeptBody first = new KeptBody(memory, 1000);
    KeptBody second = new KeptBody(memory, 1000);

    assertThat(first.add(BodyChunk.of(new byte[100], false))).isTrue();
    assertThat(second.add(BodyChunk.of(new byte[100], false))).isFalse();
  }

  @Test
  void chunk_smallInALargeBuffer_doesNotHoldIt() {
    ChunkPool pool = new ChunkPool();
    KeptBody kept = new KeptBody(new MemoryBudget(1000), 1000);
    BodyChunk chunk = BodyChunk.pooled(pool, pool.take(), 10, false);

    kept.add(chunk);
    chunk.release();

    assertThat(pool.lent()).isZero();
    assertThat(kept.get(0).length()).isEqualTo(10);
  }
}
