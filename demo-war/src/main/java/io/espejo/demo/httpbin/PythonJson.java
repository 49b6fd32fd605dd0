package io.espejo.demo.httpbin;

import jakarta.json.JsonNumber;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/**
 * JSON as Python's {@code json.dumps} prints it, which no JSON-P generator does: ASCII only, two
 * spaces of indentation, numbers by their {@code repr}.
 */
final class PythonJson {
  private final StringBuilder out = new StringBuilder();
  private final boolean pretty;

  private PythonJson(boolean pretty) {
    this.pretty = pretty;
  }

  /** {@code json.dumps(value, indent=2, sort_keys=True)} and a line end: Flask's jsonify. */
  static String pretty(Map<String, ?> value) {
    PythonJson json = new PythonJson(true);
    json.print(value, 0);
    return json.out.append('\n').toString();
  }

  /** {@code json.dumps(value)}: on one line, in the map's order. */
  static String line(Map<String, ?> value) {
    PythonJson json = new PythonJson(false);
    json.print(value, 0);
    return json.out.toString();
  }

  private void print(Object value, int depth) {
    if (value instanceof Map<?, ?> map) {
      Map<?, ?> ordered = pretty ? new TreeMap<>(map) : map;
      block(
          '{',
          new ArrayList<Map.Entry<?, ?>>(ordered.entrySet()),
          '}',
          depth,
          (entry, inner) -> {
            string(String.valueOf(entry.getKey()));
            out.append(": ");
            print(entry.getValue(), inner);
          });
    } else if (value instanceof List<?> list) {
      block('[', list, ']', depth, this::print);
    } else if (value instanceof JsonString string) {
      string(string.getString());
    } else if (value instanceof JsonNumber number) {
      out.append(number.isIntegral() && isLiteralInteger(number) ? number : repr(number));
    } else if (value instanceof JsonValue || value instanceof Number) {
      out.append(value);
    } else {
      string(value.toString());
    }
  }

  private <T> void block(
      char open, List<T> items, char close, int depth, BiConsumer<T, Integer> item) {
    out.append(open);
    for (int index = 0; index < items.size(); index++) {
      if (pretty) {
        out.append(index == 0 ? "\n" : ",\n").append("  ".repeat(depth + 1));
      } else if (index > 0) {
        out.append(", ");
      }
      item.accept(items.get(index), depth + 1);
    }
    if (pretty && !items.isEmpty()) {
      out.append('\n').append("  ".repeat(depth));
    }
    out.append(close);
  }

  private void string(String value) {
    out.append('"');
    for (int index = 0; index < value.length(); index++) {
      char c = value.charAt(index);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        default -> {
          if (c < 0x20 || c > 0x7e) {
            out.append("\\u");
            for (int shift = 12; shift >= 0; shift -= 4) {
              out.append(Character.forDigit((c >> shift) & 0xf, 16));
            }
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }

  private static boolean isLiteralInteger(JsonNumber number) {
    return number.bigDecimalValue().scale() == 0;
  }

  /** A float as Python prints it: 1.5, 100000.0, 1e+16, 1e-05. */
  private static String repr(JsonNumber number) {
    double value = number.doubleValue();
    if (Double.isInfinite(value)) {
      return value > 0 ? "Infinity" : "-Infinity";
    }
    if (value == 0) {
      return "0.0";
    }
    BigDecimal digits = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    int exponent = digits.precision() - digits.scale() - 1;
    if (exponent >= -4 && exponent < 16) {
      return digits.scale() > 0 ? digits.toPlainString() : digits.setScale(1).toPlainString();
    }
    String mantissa = digits.movePointLeft(exponent).stripTrailingZeros().toPlainString();
    return String.format("%se%s%02d", mantissa, exponent < 0 ? "-" : "+", Math.abs(exponent));
  }
}
