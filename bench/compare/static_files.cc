#include "bench/compare/catalogue.h"
#include "bench/compare/nginx.h"
#include "bench/compare/skiffd.h"
#include "bench/compare/workerd.h"

namespace skiff::bench {
namespace {

constexpr std::size_t kFilesOfEach = 30;

struct Kind {
  std::string ending;
  std::size_t size;
};
const std::vector<Kind> kKinds{{".html", 2 << 10}, {".css", 8 << 10}, {".jpg", 32 << 10}};

std::string nameOf(std::size_t number, const Kind& kind) {
  return "file" + std::to_string(number) + kind.ending;
}

std::string pathOf(const TemporaryFolder& folder) {
  return (folder / "").string();
}

/// A folder of files that lives as long as whoever serves it.
std::shared_ptr<TemporaryFolder> makeSite() {
  auto site = std::make_shared<TemporaryFolder>();
  for (const Kind& kind : kKinds) {
    for (std::size_t i = 0; i < kFilesOfEach; ++i) {
      std::string text;
      while (text.size() < kind.size) text += nameOf(i, kind) + "\n";
      text.resize(kind.size);
      writeFile(*site / nameOf(i, kind), text);
    }
  }
  return site;
}

}  // namespace

Workload staticFiles(const Places& places) {
  const auto site = makeSite();
  Workload workload;
  workload.name = "static";
  workload.shows =
      "What files cost through a guest: 90 files of 2, 8 and 32 KiB that it opens and reads by "
      "WASI, beside nginx's sendfile.";
  for (const Kind& kind : kKinds) {
    for (std::size_t i = 0; i < kFilesOfEach; ++i) {
      workload.load.requests.push_back({"static.test", "/" + nameOf(i, kind)});
    }
  }
  workload.contestants = {
      {"nginx",
       [=] {
         return std::make_unique<Nginx>(
             places,
             "include /etc/nginx/mime.types;\nserver { listen PORT; root " + pathOf(*site) + "; }");
       }},
      {"skiff",
       [=] {
         return std::make_unique<Skiffd>(
             places, SkiffSettings{{{"static", places.guests / "static_files.wasm",
                                     "files = \"" + pathOf(*site) + "\""}}});
       }},
      {"workerd, disk service",
       [=] {
         return std::make_unique<Workerd>(
             places,
             WorkerdSettings{
                 {}, {"(name = \"disk\", disk = (path = \"" + pathOf(*site) + "\"))"}, "disk"});
       }},
  };
  workload.aims = {{"requests per second, of nginx's", Metric::requestsPerSecond, "skiff", "nginx",
                    Bound::atLeast, 0.3}};
  return workload;
}

}  // namespace skiff::bench
