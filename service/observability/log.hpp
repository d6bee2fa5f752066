#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace latchkey::service {

/// A named value of a log line. Views: good for the call only.
struct Field {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, double, bool> value;
};

/// The log: made once by main and passed down. One line a message, `ts`, `level` and `msg` first, then its
/// fields; whatever a text holds, it stays one line. Never a payload, a secret or a token. A warning or error
/// that repeats, fields included, is written once in 10 s; of one device (the field `device_id`) a warning
/// once and anything else ten times, whatever the other fields. The rest is summed up as one line with the
/// field `repeated`, as soon as something else is logged after that. May be used from several threads; never
/// throws.
class Log {
 public:
  enum class Level { debug, info, warning, error };
  enum class Format { json, text };
  struct Options {
    Level level = Level::info;
    Format format = Format::json;
    bool colour = false;  ///< text only
  };
  using Clock = std::function<std::chrono::sys_time<std::chrono::milliseconds>()>;

  /// To stderr.
  explicit Log(Options options);
  /// To `out`, which outlives the log, by this clock.
  Log(Options options, std::ostream& out, Clock clock);
  /// Writes what is still to be summed up.
  ~Log();
  Log(Log&&) noexcept;
  Log& operator=(Log&&) noexcept;

  /// From `log.level` and `log.format`; no format: text with colours on a terminal (plain with NO_COLOR),
  /// else JSON.
  [[nodiscard]] static Options options_of(std::string_view level, std::string_view format);

  using Fields = std::initializer_list<Field>;
  void debug(std::string_view message, Fields fields = {}) noexcept { write(Level::debug, message, fields); }
  void info(std::string_view message, Fields fields = {}) noexcept { write(Level::info, message, fields); }
  void warning(std::string_view message, Fields fields = {}) noexcept {
    write(Level::warning, message, fields);
  }
  void error(std::string_view message, Fields fields = {}) noexcept { write(Level::error, message, fields); }

 private:
  void write(Level level, std::string_view message, Fields fields) noexcept;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace latchkey::service
