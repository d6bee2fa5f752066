#pragma once

#include "registry/administration.hpp"
#include "registry/table.hpp"

#include <chrono>
#include <memory>

namespace latchkey::registry {

/// An operator's connection, for the statements of one command. The operator's login limits what they may do.
class OperatorSession {
 public:
  static constexpr std::chrono::seconds usual_limit{15};

  [[nodiscard]] static std::expected<OperatorSession, AdminError> open(const ConnectOptions& options);
  ~OperatorSession();
  OperatorSession(OperatorSession&&) noexcept;
  OperatorSession(const OperatorSession&) = delete;
  OperatorSession& operator=(const OperatorSession&) = delete;

  /// Runs one statement in a transaction of its own, and ends it after `limit`. `values` replace $1, $2 ...
  /// Each is sent as text, nothing as NULL; the statement casts them.
  [[nodiscard]] std::expected<Table, AdminError> run(const std::string& sql, const Table::Row& values = {},
                                                     std::chrono::seconds limit = usual_limit);

 private:
  struct Impl;
  explicit OperatorSession(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace latchkey::registry
