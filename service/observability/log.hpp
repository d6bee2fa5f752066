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

/// A named value of a log line. The views need to be valid during the call only.
struct Field {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, double, bool> value;
};

/// The log, made once in main and passed down. Each message is one line: `ts`, `level`, `msg`, then its
/// fields; all text is escaped. Never log a payload, a secret or a token. An identical warning or error,
/// fields included, is written once in 10 s. For one device (the field `device_id`) a warning is written once
/// in 10 s and any other message ten times, whatever their other fields. Suppressed lines are summed up in
/// one line with the field `repeated`, written with the next message after that time. Thread-safe; never
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
  /// Writes to `out`, which must outlive the log, with the time of `clock`.
  Log(Options options, std::ostream& out, Clock clock);
  /// Writes the pending summaries.
  ~Log();
  Log(Log&&) noexcept;
  Log& operator=(Log&&) noexcept;

  /// Options from `log.level` and `log.format`. No format: text on a terminal, coloured unless NO_COLOR is
  /// set, else JSON.
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
