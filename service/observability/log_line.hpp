#pragma once

#include "service/observability/log.hpp"
#include "service/observability/timestamp.hpp"

#include <span>
#include <string>

// Private to the log: how a line looks.
namespace latchkey::service {

[[nodiscard]] std::string_view name_of(Log::Level level) noexcept;

/// `,"key":value` for each field, or ` key=value`: what follows the message.
[[nodiscard]] std::string render_fields(Log::Format format, std::span<const Field> fields);

/// The whole line, without the line's end. `fields` is rendered already.
[[nodiscard]] std::string render_line(const Log::Options& options, Milliseconds time, Log::Level level,
                                      std::string_view message, std::string_view fields);

}  // namespace latchkey::service
