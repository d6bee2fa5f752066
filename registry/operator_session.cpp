#include "registry/operator_session.hpp"

#include "registry/admin_connection.hpp"

#include <map>

namespace latchkey::registry {
namespace {

/// By the type's OID in pg_type.dat, which never changes.
Table::Kind kind_of(pqxx::oid type) {
  using Kind = Table::Kind;
  static const std::map<pqxx::oid, Kind> kinds = {
      {16, Kind::boolean},  {20, Kind::number}, {21, Kind::number}, {23, Kind::number}, {701, Kind::number},
      {1700, Kind::number}, {1184, Kind::time}, {114, Kind::json},  {3802, Kind::json}};
  const auto found = kinds.find(type);
  return found == kinds.end() ? Kind::text : found->second;
}

Table table_of(const pqxx::result& result) {
  Table table;
  for (pqxx::row_size_type i = 0; i < result.columns(); ++i)
    table.columns.push_back({result.column_name(i), kind_of(result.column_type(i))});
  for (const auto& row : result) {
    table.rows.emplace_back();
    for (const auto& field : row)
      table.rows.back().push_back(optional_text(field));
  }
  return table;
}

pqxx::result exec(pqxx::transaction_base& transaction, const std::string& sql, const Table::Row& values) {
#if PQXX_VERSION_MAJOR >= 7
  pqxx::params sent;
  for (const auto& value : values)
    sent.append(value);
  return transaction.exec(sql, sent);
#else
  std::vector<const char*> sent;
  for (const auto& value : values)
    sent.push_back(value ? value->c_str() : nullptr);
  return transaction.exec_params(sql, pqxx::prepare::make_dynamic_params(sent));
#endif
}

}  // namespace

struct OperatorSession::Impl {
  explicit Impl(const ConnectOptions& options) : connection(options) {
    connection.run([](pqxx::connection& at) {
      pqxx::nontransaction setup(at);
      return setup.exec(
          "SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET IntervalStyle = 'postgres'; SET jit = off");
    });
  }
  AdminConnection connection;
};

OperatorSession::OperatorSession(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
OperatorSession::~OperatorSession() = default;
OperatorSession::OperatorSession(OperatorSession&&) noexcept = default;

std::expected<OperatorSession, AdminError> OperatorSession::open(const ConnectOptions& options) {
  try {
    return OperatorSession(std::make_unique<Impl>(options));
  } catch (...) {
    return std::unexpected(admin_error());
  }
}

std::expected<Table, AdminError> OperatorSession::run(const std::string& sql, const Table::Row& values,
                                                      std::chrono::seconds limit) {
  const auto act = [&](pqxx::connection& at) {
    pqxx::work transaction(at);
    auto table = table_of(exec(transaction, sql, values));
    transaction.commit();
    return table;
  };
  try {
    return impl_->connection.run(act, limit);
  } catch (...) {
    return std::unexpected(admin_error());
  }
}

}  // namespace latchkey::registry
