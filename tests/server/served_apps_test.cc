#include "server/served_apps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/served_app_maker.h"

namespace skiff {
namespace {

class ServedAppsTest : public ::testing::Test {
 protected:
  void make(const AppsEdit& edit) {
    auto drafted = apps_.draft(edit);
    ASSERT_TRUE(drafted.has_value());
    apps_.install(*drafted, edit);
  }
  /// The app that a request is led to; empty if to none.
  std::string lookUp(std::string_view host) const {
    RouteMatch match;
    if (!apps_.current()->routes->lookup(host, "/", match)) return {};
    return apps_.current()->apps[match.target]->name;
  }

  ServedApps apps_;
};

TEST_F(ServedAppsTest, LeadToEachAppByItsRoutes) {
  make({{ServedAppMaker::app("a", {"a.test/*"}), ServedAppMaker::app("b", {"b.test/*"})}, {}});
  EXPECT_EQ(lookUp("a.test"), "a");
  EXPECT_EQ(lookUp("b.test"), "b");
  EXPECT_EQ(lookUp("c.test"), "");
}

TEST_F(ServedAppsTest, KeepAnAppWhereItIsWhenItChanges) {
  make({{ServedAppMaker::app("a", {"a.test/*"}), ServedAppMaker::app("b", {"b.test/*"})}, {}});
  const auto before = apps_.current();
  make({{ServedAppMaker::app("a", {"a.test/*"})}, {}});
  const auto after = apps_.current();
  EXPECT_NE(before->apps[0], after->apps[0]);
  EXPECT_EQ(before->apps[1], after->apps[1]);
  EXPECT_EQ(before->routes, after->routes) << "routes that stay are not built again";
}

TEST_F(ServedAppsTest, GiveTheSlotOfARemovedAppToAnother) {
  make({{ServedAppMaker::app("a", {"a.test/*"}), ServedAppMaker::app("b", {"b.test/*"})}, {}});
  make({{}, {"acme/a"}});
  EXPECT_EQ(lookUp("a.test"), "");
  EXPECT_EQ(apps_.find("acme/a"), nullptr);
  make({{ServedAppMaker::app("c", {"c.test/*"})}, {}});
  EXPECT_EQ(lookUp("c.test"), "c");
  EXPECT_EQ(lookUp("b.test"), "b");
  EXPECT_EQ(apps_.current()->apps.size(), 2u);
  EXPECT_EQ(apps_.count(), 2u);
}

TEST_F(ServedAppsTest, SayWhoseRoutesConflictAndChangeNothing) {
  make({{ServedAppMaker::app("a", {"a.test/*"})}, {}});
  const auto before = apps_.current();
  const auto drafted = apps_.draft({{ServedAppMaker::app("b", {"a.test/*"})}, {}});
  ASSERT_TRUE(drafted.has_error());
  const RouteConflicts conflicts = drafted.error();
  ASSERT_EQ(conflicts.size(), 1u);
  EXPECT_EQ(conflicts[0].first, "acme/a");
  EXPECT_EQ(conflicts[0].second, "acme/b");
  EXPECT_EQ(apps_.current(), before);
}

TEST_F(ServedAppsTest, LetARouteMoveFromOneAppToAnotherInOneEdit) {
  make({{ServedAppMaker::app("a", {"x.test/*"}), ServedAppMaker::app("b", {"y.test/*"})}, {}});
  make({{ServedAppMaker::app("a", {"y.test/*"}), ServedAppMaker::app("b", {"x.test/*"})}, {}});
  EXPECT_EQ(lookUp("x.test"), "b");
  EXPECT_EQ(lookUp("y.test"), "a");
}

}  // namespace
}  // namespace skiff
