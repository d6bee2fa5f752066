#pragma once

#include "service/observability/log.hpp"
#include "service/observability/timestamp.hpp"

#include <span>
#include <string>

// Private to the log: the format of a line.
namespace latchkey::service {

[[nodiscard]] std::string_view name_of(Log::Level level) noexcept;

/// `,"key":value` or ` key=value` for each field.
[[nodiscard]] std::string render_fields(Log::Format format, std::span<const Field> fields);

/// The whole line without a newline. `fields` comes from `render_fields`.
[[nodiscard]] std::string render_line(const Log::Options& options, Milliseconds time, Log::Level level,
                                      std::string_view message, std::string_view fields);

}  // namespace latchkey::service
