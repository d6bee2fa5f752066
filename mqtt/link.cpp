#include "mqtt/link.hpp"

#include "mqtt/link_impl.hpp"
#include "mqtt/paho_options.hpp"

#include <exception>
#include <memory>
#include <utility>

namespace latchkey::mqtt {

std::expected<std::unique_ptr<Link>, std::string> Link::open(Options options, Handlers handlers) try {
  auto endpoint = check(options);
  if (!endpoint) return std::unexpected(std::move(endpoint.error()));
  auto impl = std::make_unique<Impl>(std::move(options), std::move(*endpoint), std::move(handlers));
  return std::unique_ptr<Link>(new Link(std::move(impl)));
} catch (const std::exception& error) {
  return std::unexpected("The MQTT library cannot be started: " + std::string(error.what()) + ".");
}

Link::Link(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Link::~Link() = default;

bool Link::publish(Message message) {
  return impl_->publish(std::move(message));
}
bool Link::flush(std::chrono::milliseconds limit) {
  return impl_->flush(limit);
}
bool Link::unsubscribe(std::chrono::milliseconds limit) {
  return impl_->unsubscribe(limit);
}
std::size_t Link::outstanding() const {
  return impl_->outstanding();
}
std::size_t Link::window() const {
  return impl_->window();
}
std::size_t Link::packet_limit() const {
  return impl_->packet_limit();
}
std::optional<std::chrono::seconds> Link::server_keep_alive() const {
  return impl_->server_keep_alive();
}
bool Link::ready() const noexcept {
  return impl_->ready();
}

}  // namespace latchkey::mqtt
