#pragma once

#include "service/access/access_list.hpp"
#include "service/access/plan.hpp"

namespace latchkey::service::access {

/// The access list of Mosquitto's dynamic-security plugin. It keeps no state: each comparison reads the
/// broker's list and sends the differences, so a broker that lost its file, a second replica and a killed
/// service need no special case.
class DynamicSecurity : public AccessMode {
 public:
  DynamicSecurity(AccessList& list, Logins logins) : list_(list), logins_(logins) {}

  [[nodiscard]] Done connected() override;
  [[nodiscard]] Done compare() override;
  [[nodiscard]] Done advance() override;
  [[nodiscard]] bool has_more() const override { return !steps_.empty(); }
  void start_over() override { set_plan({}); }

 private:
  [[nodiscard]] Done open_waiting();
  [[nodiscard]] Done take_steps();
  [[nodiscard]] std::expected<std::vector<BrokerClient>, std::string> list_clients();
  void check_caught_up();
  /// Sends and wipes the commands; returns for each whether it is fulfilled, and logs the others. The error:
  /// there was no reply.
  [[nodiscard]] std::expected<std::vector<bool>, std::string> execute_and_log(Commands commands);
  void set_plan(std::deque<Step> steps);
  void report_plan(const Plan& plan);

  AccessList& list_;
  const Logins logins_;
  std::deque<Step> steps_;   ///< of the last comparison, not sent yet
  bool catches_up_ = false;  ///< left-over entries of the last comparison are not all removed yet
};

}  // namespace latchkey::service::access
