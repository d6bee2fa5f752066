#include "service/observability/log.hpp"

#include "service/observability/log_line.hpp"
#include "service/observability/log_repeats.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <vector>

namespace latchkey::service {
namespace {

spdlog::level::level_enum level_for_spdlog(Log::Level level) {
  switch (level) {
    case Log::Level::debug:
      return spdlog::level::debug;
    case Log::Level::info:
      return spdlog::level::info;
    case Log::Level::warning:
      return spdlog::level::warn;
    case Log::Level::error:
      break;
  }
  return spdlog::level::err;
}

Milliseconds system_time() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

Log::Level level_of(std::string_view name) {
  for (const auto level : {Log::Level::debug, Log::Level::warning, Log::Level::error}) {
    if (name == name_of(level)) return level;
  }
  return Log::Level::info;
}

constexpr int lines_of_a_device = 10;

/// A full disk or memory must not fail the caller: reports the lost line on stderr.
void report_lost_line() noexcept {
  static_cast<void>(std::fputs("latchkey: a log line was lost\n", stderr));
}

}  // namespace

// spdlog provides the sink, its lock and the level. We format the whole line.
struct Log::Impl {
  Impl(Options chosen, spdlog::sink_ptr sink, Clock with_clock)
      : options(chosen), clock(std::move(with_clock)), logger("latchkey", std::move(sink)) {
    logger.set_formatter(
        std::make_unique<spdlog::pattern_formatter>("%v", spdlog::pattern_time_type::utc, "\n"));
    logger.set_level(level_for_spdlog(options.level));
    logger.flush_on(spdlog::level::debug);
  }

  void put(Milliseconds time, Level level, std::string_view message, std::string_view fields) {
    logger.log(level_for_spdlog(level), render_line(options, time, level, message, fields));
  }

  void sum_up(Milliseconds time, const std::vector<Repeated>& entries) {
    for (const Repeated& entry : entries) {
      const Field count{"repeated", entry.suppressed};
      put(time, entry.level, entry.message, entry.fields + render_fields(options.format, {&count, 1}));
    }
  }

  void write(Level level, std::string_view message, Fields given) {
    if (!logger.should_log(level_for_spdlog(level))) return;
    const auto fields = render_fields(options.format, {given.begin(), given.size()});
    const auto now = clock();
    const std::scoped_lock lock(mutex);
    sum_up(now, repeats.take_expired(now));
    if (admits(level, message, given, fields, now)) put(now, level, message, fields);
  }

  /// Limits the lines about one device, whatever their other fields are.
  bool admits(Level level, std::string_view message, Fields given, std::string_view fields,
              Milliseconds now) {
    const auto* const device =
        std::ranges::find_if(given, [](const Field& field) { return field.key == "device_id"; });
    const int allowed = level < Level::warning ? lines_of_a_device : 1;
    if (device != given.end())
      return repeats.admit(level, message, render_fields(options.format, {device, 1}), allowed, now);
    return level < Level::warning || repeats.admit(level, message, fields, allowed, now);
  }

  Options options;
  Clock clock;
  spdlog::logger logger;
  std::mutex mutex;
  Repeats repeats;
};

Log::Log(Options options)
    : impl_(std::make_unique<Impl>(options, std::make_shared<spdlog::sinks::stderr_sink_mt>(), system_time)) {
}

Log::Log(Options options, std::ostream& out, Clock clock)
    : impl_(std::make_unique<Impl>(options, std::make_shared<spdlog::sinks::ostream_sink_mt>(out),
                                   std::move(clock))) {}

Log::~Log() {
  if (impl_ == nullptr) return;
  try {
    impl_->sum_up(impl_->clock(), impl_->repeats.take_all());
  } catch (...) {
    report_lost_line();
  }
}

Log::Log(Log&&) noexcept = default;
Log& Log::operator=(Log&&) noexcept = default;

Log::Options Log::options_of(std::string_view level, std::string_view format) {
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  const char* const no_colour = std::getenv("NO_COLOR");
  return {.level = level_of(level),
          .format = format == "text" || (format.empty() && terminal) ? Format::text : Format::json,
          .colour = terminal && (no_colour == nullptr || *no_colour == '\0')};
}

void Log::write(Level level, std::string_view message, Fields fields) noexcept {
  try {
    impl_->write(level, message, fields);
  } catch (...) {
    report_lost_line();
  }
}

}  // namespace latchkey::service
