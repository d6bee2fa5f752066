#include "registry/row_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace latchkey::registry {
namespace {

using Json = nlohmann::json;

/// True for text that needs no escape in JSON: nearly every text.
bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
}

}  // namespace

void RowText::begin() {
  if (rows_ > 0) out_ += "},";
  out_.append("{\"i\":").append(std::to_string(rows_++));
}

void RowText::member(std::string_view name) {
  out_.append(",\"").append(name).append("\":");
}

void RowText::text(const Column& column, std::string_view value) {
  member(column.name);
  if (is_plain(value))
    out_.append(1, '"').append(value).append(1, '"');
  else
    out_ += Json(value).dump(-1, ' ', false, Json::error_handler_t::replace);
}

void RowText::number(const Column& column, std::int64_t value) {
  member(column.name);
  out_ += std::to_string(value);
}

void RowText::flag(const Column& column, bool value) {
  json(column, value ? "true" : "false");
}

void RowText::hex(const Column& column, crypto::ByteView value) {
  member(column.name);
  out_.append(R"("\\x)").append(crypto::to_hex(value)).append(1, '"');
}

void RowText::json(const Column& column, std::string_view value) {
  member(column.name);
  out_ += value;
}

std::string RowText::take() {
  out_ += rows_ > 0 ? "}]" : "]";
  return std::exchange(out_, {});
}

}  // namespace latchkey::registry
