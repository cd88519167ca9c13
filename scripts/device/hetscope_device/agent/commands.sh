# What the host may ask for.
case $command in
  lock | unlock | cached | accept | install | write | start | body | poll | stop | forget | evict | clean | prepare | \
    restore | restore_left) "$command" "$@" ;;
  stage) run=$1; . "$root/runs/$run/stage.sh" && echo "staged=yes" ;;
  done) cd "$root/runs/$1" && cat "attempt-$2/done" && contents ;;
  manifest) cd "$root/runs/$1" && manifest && contents ;;
  ask) run=$1; shift; cd "$root/runs/$run" && . ./launch.sh && ask "$@" ;;
  state) show_state ;;
  temperature) show_temperature ;;
  tools) show_tools "$@" ;;
  *) echo "unknown command"; exit 64 ;;
esac
