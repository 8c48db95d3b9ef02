"""What limits a study of very many runs on very many nodes, by measurement and simulation: the page docs/scale.md."""
