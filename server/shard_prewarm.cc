#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>

#include "quota/admission.h"
#include "server/shard.h"
#include "server/tls/certificate.h"

namespace skiff {

// Loading ahead for a client that is about to ask: its TLS handshake names the host.

/// Only a hint: whatever fails, the handshake goes on.
void Shard::onHostNamed(std::string_view host, const Certificate& certificate) {
  if (!environment_.config.prewarm || !deployment_ || drained_) return;
  try {
    prewarmFor(host, certificate);
  } catch (const std::exception& error) {
    spdlog::error("loading ahead for {} failed: {}", host, error.what());
  }
}

/// The app that answers "/", in the version that most requests get: which one it will be is not
/// known yet, nor which path, and loading all that might be would be a gift to whoever means harm.
void Shard::prewarmFor(std::string_view host, const Certificate& certificate) {
  RouteMatch match;
  if (!certificate.covers(host) || !deployment_->routes->lookup(host, "/", match)) return;
  Entry& entry = entries_[match.target];
  const ServedApp& app = *entry.app;
  // The file's apps are loaded as long as they are served.
  if (app.versions.empty() || app.kept) return;
  if (environment_.config.strictSni && !certificate.isFor(app.tenant)) return;
  const auto heaviest = std::max_element(app.weights.begin(), app.weights.end());
  prewarm(entry, static_cast<std::size_t>(heaviest - app.weights.begin()));
}

void Shard::prewarm(Entry& entry, std::size_t index) {
  const std::shared_ptr<AppHost>& known = entry.hosts[index];
  const auto now = Clock::now();
  if (known && (known->isLoaded() || known->isLoading() || now < known->loadAgain())) return;
  if (prewarmBounds_.isPaused(now)) return metrics_.recordPrewarm(PrewarmOutcome::shortOfMemory);
  auto place = mayBegin(*entry.app->quota, now) ? prewarmBounds_.enter(now) : nullptr;
  if (!place) return metrics_.recordPrewarm(PrewarmOutcome::limited);
  AppHost& host = hostOf(entry, index);
  host.touch(now);
  host.setPrewarming(std::move(place));
  try {
    load(host);
  } catch (...) {
    notePrewarmed(host, PrewarmOutcome::failed);
    host.setPrewarming(nullptr);
    throw;
  }
}

void Shard::noteUse(AppHost& host) {
  host.touch(now_);
  if (host.isPrewarmed()) metrics_.recordPrewarmUse();
  host.setPrewarming(nullptr);
}

void Shard::notePrewarmed(AppHost& host, PrewarmOutcome outcome) {
  if (host.endPrewarming()) metrics_.recordPrewarm(outcome);
}

}  // namespace skiff
