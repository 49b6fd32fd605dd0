/**
 * Benchmarks, and the loads of {@code compare.py}.
 *
 * <p>JMH, after {@code mvn -q -DskipTests package}: all of them take about 5 minutes, or name some.
 * {@code -prof gc} adds {@code gc.alloc.rate.norm}, the bytes that one operation allocates, which
 * varies far less between machines than the time.
 *
 * <pre>{@code
 * java -jar benchmark/target/benchmarks.jar -prof gc
 * java -jar benchmark/target/benchmarks.jar Matching -p routes=5000 -p match=prefix
 * java -jar benchmark/target/benchmarks.jar FanOut -p observers=1 -p chunkBytes=16384 -f 1
 * }</pre>
 *
 * <p>The other classes have a main method of their own, and {@code compare.py --help} says what
 * they are for.
 */
@NullMarked
package io.espejo.benchmark;

import org.jspecify.annotations.NullMarked;
